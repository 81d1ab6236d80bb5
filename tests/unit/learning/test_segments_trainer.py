"""The segments trainer on made-up buyers in groups: it finds and names the groups, whatever the order and scale."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from regulars.domain.errors import InsufficientDataError
from regulars.learning import artifacts
from regulars.learning.contract import Dataset, FloatArray, TrainedModel
from regulars.learning.segments.cluster_ids import create_ids, match_ids
from regulars.learning.segments.cluster_names import ShopFigures, name_clusters
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
    assert [segment and segment.name for segment in names] == [
        "frequent-big-spending-buyers",
        "small-spending-new-buyers",
        "silent-longtime-buyers",
    ]


def test_retrained_clusters_keep_their_names_whatever_the_seed() -> None:
    names = [
        {segment.name for segment in list_segments(SegmentsTrainer(seed=seed).fit(SHOP).scorer)}
        for seed in (0, 7)
    ]
    assert names[0] == names[1]


def test_clusters_that_words_cannot_tell_apart_have_no_names() -> None:
    silent = np.array([[200.0, 1, 500, 300]] * 9)
    figures = ShopFigures(rhythm_days=90, median_orders=2, median_money=500)
    centroids = np.array([[1.0, 0, 0, 0], [1.2, 0, 0, 0], [0, 0, 0, 0]])
    assert name_clusters(centroids, [silent, silent, silent], figures) is None
    named = name_clusters(centroids[1:], [silent, silent], figures)
    assert named
    assert [segment.name for segment in named] == ["silent-buyers", "average-buyers"]


@pytest.mark.parametrize("days", [10.0, 80.0])
def test_word_that_is_not_true_of_the_members_is_no_part_of_a_name(days: float) -> None:
    members = np.array([[days, 1, 500, 300]] * 9)
    figures = ShopFigures(rhythm_days=90, median_orders=2, median_money=500)
    named = name_clusters(np.array([[1.0, 0, 0, 0]]), [members], figures)
    assert named
    assert named[0].name == "average-buyers"


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


def test_clusters_that_are_not_stable_are_not_published() -> None:
    generator = np.random.default_rng(4)
    noise = {
        name: np.exp(generator.normal(3, 0.5, 60)).round() + 1
        for name in ("recency_days", "orders", "money", "tenure_days")
    }
    rows = SHOP.features.head(60).assign(**noise)
    trained = TRAINER.fit(replace(SHOP, features=rows))
    assert trained.scorer["kmeans"] is None
    assert "stable" in trained.metrics["kmeans_status"]


def test_challenger_with_nothing_new_does_not_replace_the_champion() -> None:
    champion = encode_scorer(TRAINER.fit(SHOP))
    trained = TRAINER.follow_champion(SegmentsTrainer(seed=7).fit(SHOP), champion, SHOP)
    assert TRAINER.compare(trained, champion, SHOP).gain == 0


def test_clusters_replace_a_champion_without_any() -> None:
    trained = TRAINER.fit(SHOP)
    champion = encode_scorer(trained) | {"kmeans": None}
    followed = TRAINER.follow_champion(trained, champion, SHOP)
    assert followed.scorer["kmeans"] == trained.scorer["kmeans"]
    assert TRAINER.compare(followed, champion, SHOP).gain > 0


def test_rfm_cuts_are_renewed_although_clusters_stay() -> None:
    trained = TRAINER.fit(SHOP)
    champion = encode_scorer(trained)
    champion["monetary_cuts"] = [1.0, 2.0, 3.0, 4.0]
    followed = TRAINER.follow_champion(trained, champion, SHOP)
    assert followed.scorer["monetary_cuts"] == trained.scorer["monetary_cuts"]
    assert followed.scorer["kmeans"] == champion["kmeans"]


def test_champion_of_an_older_format_is_replaced() -> None:
    trained = TRAINER.fit(SHOP)
    champion = {name: value for name, value in trained.scorer.items() if name != "rhythm_days"}
    followed = TRAINER.follow_champion(trained, champion, SHOP)
    assert followed.scorer == trained.scorer
    assert TRAINER.compare(followed, champion, SHOP).gain > 0


def test_new_clusters_take_over_the_ids_of_those_with_the_same_people() -> None:
    old, renamed = TRAINER.fit(SHOP).scorer["kmeans"], SegmentsTrainer(seed=3).fit(SHOP).scorer
    shuffled = {
        **renamed["kmeans"],
        "centroids": renamed["kmeans"]["centroids"][::-1],
        "segments": [["", f"name-{n}", "kmeans", "", ""] for n in range(3)],
    }
    buyers = SHOP.scoring_rows
    matched = {"kmeans": match_ids(shuffled, old, buyers)}
    for person in buyers.to_dict("records"):
        before = find_kmeans_segment({"kmeans": old}, person)  # type: ignore[arg-type]
        after = find_kmeans_segment(matched, person)  # type: ignore[arg-type]
        assert before
        assert after
        assert after.id == before.id != ""
        assert after.name != before.name


def test_cluster_of_other_people_gets_an_id_of_its_own() -> None:
    shop = build_groups(REGULAR_BUYERS, NEW_BUYERS, LAPSED_BUYERS)
    old = create_ids(TRAINER.fit(shop).scorer["kmeans"], "d1")
    other = build_groups(REGULAR_BUYERS, NEW_BUYERS, (60, 900, 1, 300, 900))
    new = create_ids(TRAINER.fit(other).scorer["kmeans"], "d2")
    matched = match_ids(new, old, other.scoring_rows)
    old_ids = {segment[0] for segment in old["segments"]}
    assert len({segment[0] for segment in matched["segments"]}) == len(matched["segments"])
    assert sum(segment[0] in old_ids for segment in matched["segments"]) >= 2


def encode_scorer(trained: TrainedModel) -> dict[str, Any]:
    scorer: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(trained.scorer))
    return scorer
