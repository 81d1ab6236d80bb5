"""Segments from night to night, and in odd shops: nobody moves because of others, and every word is true."""

from collections import Counter

import numpy as np
import pytest

from regulars.learning.segments.cluster_names import CENTROID_TRAITS, measure_shop
from regulars.learning.segments.clustering import CLUSTER_FEATURES, predict_clusters
from regulars.learning.segments.scorer import list_segments
from regulars.learning.segments.trainer import SegmentsTrainer, fit_rfm_rules
from tests.support.nightly_shop import (
    Shopper,
    assign_segments,
    build_shop_dataset,
    train_nightly,
)

WEEK_DAYS = range(380, 388)


def generate_groups(people: int, seed: int) -> list[Shopper]:
    """Return a shop of regulars, of newcomers and of people who stayed away."""
    generator = np.random.default_rng(seed)
    shoppers = []
    for number in range(people):
        first, last, gap, amount = (
            (generator.uniform(0, 60), 420, generator.uniform(12, 18), 9000),
            (generator.uniform(330, 380), 390, 400, 2000),
            (generator.uniform(0, 30), 150, generator.uniform(20, 30), 4000),
        )[number % 3]
        days = np.arange(first, last, gap).tolist()
        shoppers.append(Shopper(tuple(days), int(amount * generator.uniform(0.8, 1.2))))
    return shoppers


def generate_mixture(people: int, seed: int) -> list[Shopper]:
    """Return a shop where paces, amounts and lifetimes are spread without groups."""
    generator = np.random.default_rng(seed)
    shoppers = []
    for _ in range(people):
        days, gap = [generator.uniform(0, 330)], generator.lognormal(3.2, 0.8)
        leaving = generator.beta(0.8, 2.4)
        while generator.random() > leaving and days[-1] < 420:
            days.append(days[-1] + generator.exponential(gap))
        shoppers.append(Shopper(tuple(days), int(generator.lognormal(8, 0.7))))
    return shoppers


def find_rfm_names(shoppers: list[Shopper], night: float) -> Counter[str | None]:
    dataset = build_shop_dataset(shoppers, night)
    scorer = SegmentsTrainer().fit(dataset).scorer
    names = assign_segments(dataset, scorer, lambda segments: segments.names)
    return Counter(person["rfm"] for person in names.values())


@pytest.mark.parametrize("people", [50, 100, 200])
@pytest.mark.parametrize("generate", [generate_groups, generate_mixture])
def test_nobody_moves_in_a_week_without_a_change_of_their_own(
    people: int,
    generate: object,
) -> None:
    shoppers = generate(people, seed=1)  # type: ignore[operator]
    for dataset, before, after in train_nightly(shoppers, WEEK_DAYS):
        if before is None:
            continue
        by_old_model, by_new_model = (assign_segments(dataset, one) for one in (before, after))
        for person, segments in by_old_model.items():
            for scheme, id_ in segments.items():
                assert id_ in (None, by_new_model[person][scheme])


@pytest.mark.parametrize("people", [50, 100, 200])
def test_same_people_keep_their_ids_whatever_is_trained(people: int) -> None:
    shoppers = generate_groups(people, seed=2)
    first, *later = [
        assign_segments(dataset, after) for dataset, _, after in train_nightly(shoppers, [380] * 4)
    ]
    assert all(segments == first for segments in later)
    assert len({segments["kmeans"] for segments in first.values()}) == 3


def test_shop_without_an_order_for_400_days_has_no_recent_segment() -> None:
    names = find_rfm_names(generate_mixture(100, seed=1), 840)
    assert not {"champions", "loyal", "new", "promising", "potential-loyalists"} & set(names)


def test_nobody_who_ordered_two_days_ago_is_lost_where_everybody_buys_weekly() -> None:
    shoppers = [Shopper(tuple(np.arange(n % 7, 300, 7).tolist()), 1000 + n) for n in range(60)]
    names = find_rfm_names(shoppers, 302)
    assert not {"lost", "hibernating", "at-risk", "cannot-lose"} & set(names)


def test_shop_that_sells_every_december_has_not_lost_its_buyers_in_june() -> None:
    shoppers = [Shopper((340.0 + n / 3, 705.0 + n / 3, 1070.0 + n / 3), 1000) for n in range(60)]
    assert not {"lost", "cannot-lose"} & set(find_rfm_names(shoppers, 1070 + 180))


def test_many_small_orders_are_not_spending_most() -> None:
    shoppers = [
        *[Shopper((290.0, 295.0), 50_000 + n) for n in range(50)],
        *[Shopper(tuple(np.arange(0, 300, 10).tolist()), 1000) for _ in range(10)],
    ]
    dataset = build_shop_dataset(shoppers, 301)
    names = assign_segments(
        dataset, SegmentsTrainer().fit(dataset).scorer, lambda segments: segments.names
    )
    assert {names[f"p_{number:03}"]["rfm"] for number in range(50, 60)} == {"loyal"}


def test_equal_buyers_are_neither_best_nor_worst() -> None:
    names = find_rfm_names([Shopper((0.0, 30.0, 60.0, 90.0), 1000)] * 40, 95)
    assert set(names) == {"potential-loyalists"}


@pytest.mark.parametrize("people", [0, 1, 2, 24])
def test_small_shop_gets_rfm_segments(people: int) -> None:
    shoppers = [*generate_mixture(people, seed=1), Shopper((900.0,), 100)]
    dataset = build_shop_dataset(shoppers, 380)
    names = assign_segments(dataset, fit_rfm_rules(dataset), lambda segments: segments.names)
    assert sum(person["rfm"] is not None for person in names.values()) == people


@pytest.mark.parametrize("generate", [generate_groups, generate_mixture])
def test_words_of_a_cluster_are_true_of_most_members(generate: object) -> None:
    checked = 0
    for seed in range(6):
        dataset = build_shop_dataset(generate(120, seed=seed), 380)  # type: ignore[operator]
        scorer = SegmentsTrainer().fit(dataset).scorer
        buyers = dataset.scoring_rows[dataset.scoring_rows["orders"] > 0]
        shop = measure_shop(buyers, scorer["rhythm_days"])
        labels = predict_clusters(scorer, buyers)
        for label, segment in enumerate(list_segments(scorer)[10:]):
            members = buyers[labels == label]
            assert not segment.name[-1].isdigit()
            for position, feature in enumerate(CLUSTER_FEATURES):
                for words in CENTROID_TRAITS[position]:
                    if words.word in segment.name:
                        is_true = words.is_true(members[feature].to_numpy(dtype=float), shop)
                        assert is_true.mean() >= 0.7
                        checked += 1
    assert checked > 5
