"""The segments trainer on made-up buyers in groups: it finds and names the groups, whatever the order and scale."""

from dataclasses import replace

import msgspec
import numpy as np
import pandas as pd
import pytest

from regulars.domain.errors import InsufficientDataError
from regulars.learning import artifacts
from regulars.learning.contract import Dataset, FloatArray
from regulars.learning.segments.cluster_names import name_clusters
from regulars.learning.segments.scorer import find_kmeans_segment, list_segments, score_rfm
from regulars.learning.segments.trainer import SegmentsTrainer
from tests.support.buyers import build_dataset

TRAINER = SegmentsTrainer()


def build_groups(*groups: tuple[int, float, float, float, float]) -> Dataset:
    """Return groups of buyers as (people, recency, orders, money, tenure), with values spread by 15 %."""
    generator = np.random.default_rng(0)
    rows = [
        {
            "profile_id": f"p_{group}_{number:03d}",
            "split": "score",
            **dict(
                zip(
                    ("recency_days", "orders", "money", "tenure_days"),
                    np.round(np.array(center) * generator.uniform(0.85, 1.15, 4)).clip(1),
                    strict=True,
                )
            ),
        }
        for group, (people, *center) in enumerate(groups)
        for number in range(people)
    ]
    columns = ["profile_id", "split", "recency_days", "orders", "money", "tenure_days"]
    return build_dataset(pd.DataFrame(rows, columns=columns))


REGULAR_BUYERS = (60, 6, 20, 90000, 400)
NEW_BUYERS = (60, 20, 1, 2000, 20)
LAPSED_BUYERS = (60, 250, 6, 20000, 380)
SHOP = build_groups(REGULAR_BUYERS, NEW_BUYERS, LAPSED_BUYERS)


def fit_labels(shop: Dataset) -> FloatArray:
    return TRAINER.predict(TRAINER.fit(shop).estimator, shop)


def test_planted_groups_are_found_and_no_others() -> None:
    trained = TRAINER.fit(SHOP)
    labels = TRAINER.predict(trained.estimator, SHOP).reshape(3, 60)
    assert trained.metrics["clusters"] == 3
    assert [len(set(group)) for group in labels.tolist()] == [1, 1, 1]


def test_clusters_are_named_by_their_clearest_traits() -> None:
    scorer = TRAINER.fit(SHOP).scorer
    people = SHOP.scoring_rows.iloc[[0, 60, 120]].to_dict("records")
    names = [find_kmeans_segment(scorer, person) for person in people]  # type: ignore[arg-type]
    assert names == [
        "frequent-big-spending-buyers",
        "small-spending-new-buyers",
        "silent-longtime-buyers",
    ]


def test_retrained_clusters_keep_their_names_whatever_the_seed() -> None:
    retrained = SegmentsTrainer(seed=7).fit(SHOP).scorer
    assert set(list_segments(retrained)) == set(list_segments(TRAINER.fit(SHOP).scorer))


def test_clusters_that_look_alike_still_get_unique_names() -> None:
    centroids = np.array([[1.0, 0, 0, 0], [1.2, 0, 0, 0], [0, 0, 0, 0]])
    names = [segment.name for segment in name_clusters(centroids)]
    assert names == ["silent-buyers", "silent-buyers-2", "average-buyers"]


def test_plain_scorer_agrees_with_joblib_after_saving() -> None:
    trained = TRAINER.fit(SHOP)
    estimator = artifacts.restore_estimator(artifacts.dump_estimator(trained.estimator))
    scorer = msgspec.json.decode(msgspec.json.encode(trained.scorer))
    assert TRAINER.predict(estimator, SHOP).tolist() == TRAINER.score(scorer, SHOP).tolist()


def test_order_of_rows_changes_no_group() -> None:
    shuffled = replace(SHOP, features=SHOP.features.sample(frac=1, random_state=1))
    assert TRAINER.fit(shuffled).scorer == TRAINER.fit(SHOP).scorer


def test_scale_of_the_currency_moves_nobody() -> None:
    scaled = replace(SHOP, features=SHOP.features.assign(money=SHOP.features["money"] * 100))
    assert fit_labels(scaled).tolist() == fit_labels(SHOP).tolist()


def test_dormant_customer_moves_nobody_else() -> None:
    dormant = SHOP.features.tail(1).assign(profile_id="p_9", recency_days=900.0)
    larger = replace(SHOP, features=pd.concat([SHOP.features, dormant]))
    assert fit_labels(larger)[:-1].tolist() == fit_labels(SHOP).tolist()


def test_few_buyers_get_rfm_and_the_number_that_clusters_need() -> None:
    trained = TRAINER.fit(build_groups((12, 6, 20, 90000, 400)))
    assert trained.scorer["kmeans"] is None
    assert trained.metrics["kmeans_status"] == "12 of 50 buyers for clusters."


def test_single_buyer_is_scored_by_rules_of_thumb() -> None:
    scorer = TRAINER.fit(build_groups((1, 6, 20, 90000, 400))).scorer
    person = {"recency_days": 5.0, "orders": 20.0, "money": 90000.0}
    assert score_rfm(scorer, person) == (5, 5, 3)


def test_buyers_all_alike_are_not_clustered() -> None:
    alike = SHOP.features.assign(recency_days=9.0, orders=2.0, money=50.0, tenure_days=30.0)
    trained = TRAINER.fit(replace(SHOP, features=alike))
    assert trained.scorer["kmeans"] is None
    assert trained.metrics["kmeans_status"] == "The buyers are too alike for clusters."


def test_shop_without_buyers_is_insufficient() -> None:
    with pytest.raises(InsufficientDataError, match="0 of 1 buyer"):
        TRAINER.fit(replace(SHOP, features=SHOP.features.assign(orders=0)))


def test_challenger_with_the_champions_clusters_gains_nothing() -> None:
    trained = TRAINER.fit(SHOP)
    assert TRAINER.compare(trained, trained.scorer, SHOP).gain == 0


def test_clusters_beat_a_champion_without_any() -> None:
    trained = TRAINER.fit(SHOP)
    comparison = TRAINER.compare(trained, trained.scorer | {"kmeans": None}, SHOP)
    assert comparison.gain > comparison.standard_error


def test_champion_that_reads_a_lost_feature_is_incompatible() -> None:
    trained = TRAINER.fit(SHOP)
    champion = {**trained.scorer, "kmeans": {**trained.scorer["kmeans"], "features": ["gone"]}}
    assert not TRAINER.compare(trained, champion, SHOP).compatible
