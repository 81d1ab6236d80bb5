"""Recommendations in plain Python: weights decide, excluded products stay out, popular ones fill the list."""

import pytest

from regulars.domain.errors import InvalidRequestError
from regulars.learning.recommender.reasons import explain_recommendation
from regulars.learning.recommender.scorer import (
    ProductCandidate,
    Recommendation,
    adjust_weights,
    recommend_for_items,
    recommend_for_profile,
)

WEIGHTS = {"content": 1.0, "collaborative": 1.0, "habit": 1.0, "trend": 1.0}
CANDIDATES = [
    ProductCandidate("cup", content=0.9, collaborative=0.1, because="pot"),
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
    assert list_ids(recommend_for_profile(CANDIDATES, WEIGHTS, 3)) == ["cup", "jar", "tea"]


@pytest.mark.parametrize(
    ("part", "first"),
    [("content", "cup"), ("collaborative", "jar"), ("habit", "tea"), ("trend", "hat")],
)
def test_weight_alone_brings_its_part_first(part: str, first: str) -> None:
    weights = dict.fromkeys(WEIGHTS, 0.0) | {part: 2.0}
    assert list_ids(recommend_for_profile(CANDIDATES, weights, 1)) == [first]


def test_reasons_follow_what_counts_most() -> None:
    recommendations = recommend_for_profile(CANDIDATES, WEIGHTS, 4)
    reasons = {entry.product_id: entry.reason for entry in recommendations}
    assert reasons == {"cup": "because", "jar": "alike", "tea": "again", "hat": "popular"}


def test_product_bought_once_is_no_repeat_purchase() -> None:
    (recommendation,) = recommend_for_profile([ProductCandidate("tea", habit=0.7)], WEIGHTS, 1)
    assert recommendation.reason == "before"


def test_excluded_products_are_replaced_by_popular_ones() -> None:
    recommendations = recommend_for_profile(
        CANDIDATES, WEIGHTS, 4, {"cup", "jar"}, POPULAR_PRODUCTS
    )
    assert list_ids(recommendations) == ["tea", "hat", "sock"]


@pytest.mark.parametrize(("count", "expected"), [(-1, 0), (0, 0), (2, 2), (10_000, 5)])
def test_list_is_as_long_as_requested_if_products_suffice(count: int, expected: int) -> None:
    recommendations = recommend_for_profile(CANDIDATES, WEIGHTS, count, (), POPULAR_PRODUCTS)
    assert len(recommendations) == expected


def test_rows_of_json_serve_as_candidates() -> None:
    rows = [["cup", 0.1, 0, 0, 0], ["jar", 0.2, 0, 0, 0, ""]]
    assert list_ids(recommend_for_profile(rows, WEIGHTS, 2)) == ["jar", "cup"]


def test_equal_scores_come_in_the_order_of_their_ids() -> None:
    rows = [("b", 1.0, 0.0, 0.0, 0.0), ("a", 1.0, 0.0, 0.0, 0.0)]
    assert list_ids(recommend_for_profile(rows, WEIGHTS, 2)) == ["a", "b"]


def test_neighbours_of_all_seeds_add_up() -> None:
    neighbours = {
        "pot": [("cup", 0.5, 0.0), ("jar", 0.6, 0.0)],
        "tea": [("cup", 0.3, 0.0), ("pot", 1.0, 1.0)],
    }
    recommendations = recommend_for_items(neighbours, POPULAR_PRODUCTS, WEIGHTS, 2)
    assert list_ids(recommendations) == ["cup", "jar"]
    assert recommendations[0] == Recommendation(
        product_id="cup", score=0.8, reason="viewed", because="pot"
    )


def test_unknown_seed_gets_popular_products() -> None:
    recommendations = recommend_for_items({"sock": []}, POPULAR_PRODUCTS, WEIGHTS, 2)
    assert list_ids(recommendations) == ["hat", "cup"]
    assert {entry.reason for entry in recommendations} == {"popular"}


def test_requested_weights_replace_learnt_ones_within_bounds() -> None:
    requested = {"content": "0.5", "habit": 99, "trend": -3, "collaborative": "inf"}
    assert adjust_weights(WEIGHTS, requested) == {
        "content": 0.5,
        "habit": 10.0,
        "trend": 0.0,
        "collaborative": 10.0,
    }


@pytest.mark.parametrize(
    "requested", [{"colour": 1}, {"habit": "much"}, {"habit": "nan"}, {"habit": True}]
)
def test_invalid_weight_is_refused(requested: dict[str, object]) -> None:
    with pytest.raises(InvalidRequestError, match="eight"):
        adjust_weights(WEIGHTS, requested)


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
