"""Segments of made-up buyers: planted groups are found, named, and survive what must not matter."""

from dataclasses import replace

import msgspec
import numpy as np
import pandas as pd
import pytest

from regulars.domain.errors import InsufficientDataError
from regulars.learning import artifacts
from regulars.learning.contract import Dataset, Floats
from regulars.learning.segments.cluster_names import named
from regulars.learning.segments.scorer import kmeans_segment, rfm, segments
from regulars.learning.segments.trainer import SegmentsTrainer
from tests.support.buyers import dataset

TRAINER = SegmentsTrainer()


def buyers(*groups: tuple[int, float, float, float, float]) -> Dataset:
    """Groups of buyers as (how many, recency, orders, money, tenure), each a little spread."""
    drawn = np.random.default_rng(0)
    rows = [
        {
            "profile_id": f"p_{group}_{number:03d}",
            "split": "score",
            **dict(
                zip(
                    ("recency_days", "orders", "money", "tenure_days"),
                    np.round(np.array(middle) * drawn.uniform(0.85, 1.15, 4)).clip(1),
                    strict=True,
                )
            ),
        }
        for group, (people, *middle) in enumerate(groups)
        for number in range(people)
    ]
    columns = ["profile_id", "split", "recency_days", "orders", "money", "tenure_days"]
    return dataset(pd.DataFrame(rows, columns=columns))


REGULARS, ONCE, FADED = (60, 6, 20, 90000, 400), (60, 20, 1, 2000, 20), (60, 250, 6, 20000, 380)
THREE = buyers(REGULARS, ONCE, FADED)


def labels(shop: Dataset) -> Floats:
    return TRAINER.predict(TRAINER.fit(shop).estimator, shop)


def test_planted_groups_are_found_and_no_others() -> None:
    trained = TRAINER.fit(THREE)
    found = TRAINER.predict(trained.estimator, THREE).reshape(3, 60)
    assert trained.metrics["clusters"] == 3
    assert [len(set(group)) for group in found.tolist()] == [1, 1, 1]


def test_clusters_are_named_from_what_sets_them_apart() -> None:
    scorer = TRAINER.fit(THREE).scorer
    firsts = THREE.present.iloc[[0, 60, 120]].to_dict("records")
    names = [kmeans_segment(scorer, person) for person in firsts]  # type: ignore[arg-type]
    assert names == [
        "frequent-big-spending-buyers",
        "small-spending-new-buyers",
        "silent-longtime-buyers",
    ]


def test_retrained_clusters_keep_their_names_whatever_the_seed() -> None:
    again = SegmentsTrainer(seed=7).fit(THREE).scorer
    assert set(segments(again)) == set(segments(TRAINER.fit(THREE).scorer))


def test_clusters_that_look_alike_still_get_unique_names() -> None:
    names = [
        segment.name for segment in named(np.array([[1.0, 0, 0, 0], [1.2, 0, 0, 0], [0, 0, 0, 0]]))
    ]
    assert names == ["silent-buyers", "silent-buyers-2", "average-buyers"]


def test_plain_scorer_agrees_with_joblib_after_saving() -> None:
    trained = TRAINER.fit(THREE)
    estimator = artifacts.restored(artifacts.dump(trained.estimator))
    scorer = msgspec.json.decode(msgspec.json.encode(trained.scorer))
    assert TRAINER.predict(estimator, THREE).tolist() == TRAINER.score(scorer, THREE).tolist()


def test_order_of_rows_changes_no_group() -> None:
    shuffled = replace(THREE, features=THREE.features.sample(frac=1, random_state=1))
    assert TRAINER.fit(shuffled).scorer == TRAINER.fit(THREE).scorer


def test_scale_of_the_currency_moves_nobody() -> None:
    scaled = replace(THREE, features=THREE.features.assign(money=THREE.features["money"] * 100))
    assert labels(scaled).tolist() == labels(THREE).tolist()


def test_dormant_customer_moves_nobody_else() -> None:
    dormant = THREE.features.tail(1).assign(profile_id="p_9", recency_days=900.0)
    larger = replace(THREE, features=pd.concat([THREE.features, dormant]))
    assert labels(larger)[:-1].tolist() == labels(THREE).tolist()


def test_few_buyers_get_rfm_and_a_count_of_what_clusters_need() -> None:
    trained = TRAINER.fit(buyers((12, 6, 20, 90000, 400)))
    assert trained.scorer["kmeans"] is None
    assert trained.metrics["kmeans_status"] == "12 of 50 buyers for clusters."


def test_single_buyer_is_scored_by_rules_of_thumb() -> None:
    scorer = TRAINER.fit(buyers((1, 6, 20, 90000, 400))).scorer
    person = {"recency_days": 5.0, "orders": 20.0, "money": 90000.0}
    assert rfm(scorer, person) == (5, 5, 3)


def test_buyers_all_alike_are_not_clustered() -> None:
    alike = THREE.features.assign(recency_days=9.0, orders=2.0, money=50.0, tenure_days=30.0)
    trained = TRAINER.fit(replace(THREE, features=alike))
    assert trained.scorer["kmeans"] is None
    assert trained.metrics["kmeans_status"] == "The buyers are too alike for clusters."


def test_shop_without_buyers_is_insufficient() -> None:
    with pytest.raises(InsufficientDataError, match="0 of 1 buyer"):
        TRAINER.fit(replace(THREE, features=THREE.features.assign(orders=0)))


def test_challenger_with_the_champions_clusters_gains_nothing() -> None:
    trained = TRAINER.fit(THREE)
    assert TRAINER.compare(trained, trained.scorer, THREE).gain == 0


def test_clusters_beat_a_champion_without_any() -> None:
    trained = TRAINER.fit(THREE)
    comparison = TRAINER.compare(trained, trained.scorer | {"kmeans": None}, THREE)
    assert comparison.gain > comparison.error


def test_champion_that_reads_a_lost_feature_is_incompatible() -> None:
    trained = TRAINER.fit(THREE)
    old = {**trained.scorer, "kmeans": {**trained.scorer["kmeans"], "features": ["gone"]}}
    assert not TRAINER.compare(trained, old, THREE).compatible
