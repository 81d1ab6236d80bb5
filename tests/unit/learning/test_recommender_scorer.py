"""Recommendations in plain Python: weights decide, excluded products stay out, popular ones fill the list."""

import pytest

from regulars.domain.errors import InvalidRequestError
from regulars.learning.recommender.reasons import explain_recommendation
from regulars.learning.recommender.scorer import (
    ListRules,
    ProductCandidate,
    Recommendation,
    adjust_weights,
    recommend_for_items,
    recommend_for_profile,
)

WEIGHTS = {"content": 1.0, "collaborative": 1.0, "habit": 1.0, "trend": 1.0}
CANDIDATES = [
    ProductCandidate(product_id="cup", content=0.9, collaborative=0.1, because="pot"),
    ProductCandidate("jar", collaborative=0.8),
    ProductCandidate("tea", habit=0.7, because="tea"),
    ProductCandidate("hat", trend=0.5),
]
POPULAR_PRODUCTS = [("hat", 9.0), ("sock", 5.0), ("cup", 3.0)]


def list_ids(recommendations: list[Recommendation]) -> list[str]:
    return [recommendation.product_id for recommendation in recommendations]


def build_recommendation(reason: str) -> Recommendation:
    return Recommendation(product_id="cup", score=1.0, reason=reason, because="pot")


def test_best_of_a_persons_candidates_come_first() -> None:
    assert list_ids(recommend_for_profile(CANDIDATES, WEIGHTS, ListRules(3))) == [
        "cup",
        "jar",
        "tea",
    ]


@pytest.mark.parametrize(
    ("part", "first"),
    [("content", "cup"), ("collaborative", "jar"), ("habit", "tea"), ("trend", "hat")],
)
def test_weight_alone_brings_its_part_first(part: str, first: str) -> None:
    weights = dict.fromkeys(WEIGHTS, 0.0) | {part: 2.0}
    assert list_ids(recommend_for_profile(CANDIDATES, weights, ListRules(1))) == [first]


def test_reasons_follow_what_counts_most() -> None:
    recommendations = recommend_for_profile(CANDIDATES, WEIGHTS, ListRules(4))
    reasons = {entry.product_id: entry.reason for entry in recommendations}
    assert reasons == {"cup": "because", "jar": "alike", "tea": "again", "hat": "popular"}


def test_product_bought_once_is_no_repeat_purchase() -> None:
    candidates = [ProductCandidate("tea", habit=0.7)]
    (recommendation,) = recommend_for_profile(candidates, WEIGHTS, ListRules(1))
    assert recommendation.reason == "before"


def test_excluded_products_are_replaced_by_popular_ones() -> None:
    rules = ListRules(4, {"cup", "jar"})
    recommendations = recommend_for_profile(CANDIDATES, WEIGHTS, rules, POPULAR_PRODUCTS)
    assert list_ids(recommendations) == ["tea", "hat", "sock"]


@pytest.mark.parametrize(("count", "expected"), [(-1, 0), (0, 0), (2, 2), (10_000, 5)])
def test_list_is_as_long_as_requested_if_products_suffice(count: int, expected: int) -> None:
    recommendations = recommend_for_profile(CANDIDATES, WEIGHTS, ListRules(count), POPULAR_PRODUCTS)
    assert len(recommendations) == expected


def test_rows_of_json_serve_as_candidates() -> None:
    rows = [["cup", 0.1, 0, 0, 0], ["jar", 0.2, 0, 0, 0, ""]]
    assert list_ids(recommend_for_profile(rows, WEIGHTS, ListRules(2))) == ["jar", "cup"]


def test_equal_scores_come_in_the_order_of_their_ids() -> None:
    rows = [("b", 1.0, 0.0, 0.0, 0.0), ("a", 1.0, 0.0, 0.0, 0.0)]
    assert list_ids(recommend_for_profile(rows, WEIGHTS, ListRules(2))) == ["a", "b"]


def test_neighbours_of_all_seeds_add_up() -> None:
    neighbours = {
        "pot": [("cup", 0.5, 0.0), ("jar", 0.6, 0.0)],
        "tea": [("cup", 0.3, 0.0), ("pot", 1.0, 1.0)],
    }
    recommendations = recommend_for_items(neighbours, POPULAR_PRODUCTS, WEIGHTS, 2)
    assert list_ids(recommendations) == ["cup", "jar"]
    assert recommendations[0] == Recommendation(
        product_id="cup", score=1.0, reason="viewed", because="pot"
    )


@pytest.mark.parametrize(("part", "first"), [("content", "jar"), ("collaborative", "cup")])
def test_weights_decide_what_goes_with_a_seed(part: str, first: str) -> None:
    neighbours = {"pot": [("cup", 0.1, 0.9), ("jar", 0.9, 0.1)]}
    weights = dict.fromkeys(WEIGHTS, 0.2) | {part: 1.0}
    assert list_ids(recommend_for_items(neighbours, [], weights, 1)) == [first]


def test_unknown_seed_gets_popular_products() -> None:
    recommendations = recommend_for_items({"sock": []}, POPULAR_PRODUCTS, WEIGHTS, 2)
    assert list_ids(recommendations) == ["hat", "cup"]
    assert {entry.reason for entry in recommendations} == {"popular"}


def test_requested_weights_replace_learnt_ones() -> None:
    requested = {"content": "0.5", "habit": 10, "trend": "0"}
    assert adjust_weights(WEIGHTS, requested) == WEIGHTS | {
        "content": 0.5,
        "habit": 10.0,
        "trend": 0.0,
    }


@pytest.mark.parametrize("part", ["colour", ""])
def test_unknown_weight_is_refused(part: str) -> None:
    with pytest.raises(InvalidRequestError, match="Weights are"):
        adjust_weights(WEIGHTS, {part: "1"})


@pytest.mark.parametrize(
    "value", ["much", "nan", "inf", True, "", "10.1", "99", -3, "-0", "1_0", "1e1", "٣", " 1", "1."]
)
def test_weight_that_is_no_number_from_0_to_10_is_refused(value: object) -> None:
    with pytest.raises(InvalidRequestError, match="from 0 to 10"):
        adjust_weights(WEIGHTS, {"habit": value})


REPEAT_CANDIDATES = [
    ProductCandidate(f"old-{number}", habit=1.0 - number / 10) for number in range(8)
]
NEW_CANDIDATES = [ProductCandidate(f"new-{number}", collaborative=0.1) for number in range(10)]


@pytest.mark.parametrize(("share", "repeats"), [(0.1, 1), (0.4, 4), (0.75, 7), (0.95, 8)])
def test_list_keeps_places_for_new_products(share: float, repeats: int) -> None:
    recommendations = recommend_for_profile(
        [*REPEAT_CANDIDATES, *NEW_CANDIDATES], WEIGHTS, ListRules(10, (), share)
    )
    reasons = [entry.reason for entry in recommendations]
    assert (len(reasons), reasons[0], reasons.count("before")) == (10, "before", repeats)


def test_popular_products_take_the_places_of_missing_new_ones() -> None:
    rules = ListRules(6, (), 0.5)
    recommendations = recommend_for_profile(
        REPEAT_CANDIDATES, WEIGHTS, rules, POPULAR_PRODUCTS, {"cup"}
    )
    assert list_ids(recommendations) == ["old-0", "hat", "old-1", "sock", "old-2", "old-3"]


def test_list_of_new_products_holds_nothing_that_was_bought() -> None:
    rules = ListRules(20, (), 0.0)
    candidates = [*REPEAT_CANDIDATES, *NEW_CANDIDATES]
    recommendations = recommend_for_profile(candidates, WEIGHTS, rules, POPULAR_PRODUCTS, {"cup"})
    assert list_ids(recommendations) == [
        *(entry.product_id for entry in NEW_CANDIDATES),
        "hat",
        "sock",
    ]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("because", "because you bought Tea pot"),
        ("viewed", "goes with Tea pot"),
        ("again", "you usually buy this again"),
        ("popular", "popular right now"),
    ],
)
def test_reason_is_explained_in_a_sentence(reason: str, words: str) -> None:
    recommendation = build_recommendation(reason)
    assert explain_recommendation(recommendation, {"pot": "Tea pot"}) == words


def test_product_without_a_name_is_not_named() -> None:
    words = explain_recommendation(build_recommendation("because"), {})
    assert words == "people with your taste buy this"
