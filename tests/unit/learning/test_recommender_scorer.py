"""Lists to recommendations in plain Python: weights decide, exclusions hold, popularity fills."""

import pytest

from regulars.domain.errors import InvalidRequestError
from regulars.learning.recommender.reasons import in_words
from regulars.learning.recommender.scorer import (
    Candidate,
    Recommendation,
    adjusted,
    for_items,
    for_profile,
)

WEIGHTS = {"content": 1.0, "collaborative": 1.0, "habit": 1.0, "trend": 1.0}
CANDIDATES = [
    Candidate("cup", content=0.9, collaborative=0.1, because="pot"),
    Candidate("jar", collaborative=0.8),
    Candidate("tea", habit=0.7, because="tea"),
    Candidate("hat", trend=0.5),
]
POPULAR = [("hat", 9.0), ("sock", 5.0), ("cup", 3.0)]


def ids(recommendations: list[Recommendation]) -> list[str]:
    return [one.product_id for one in recommendations]


def test_best_of_a_persons_candidates_come_first() -> None:
    assert ids(for_profile(CANDIDATES, WEIGHTS, 3)) == ["cup", "jar", "tea"]


@pytest.mark.parametrize(
    ("part", "first"),
    [("content", "cup"), ("collaborative", "jar"), ("habit", "tea"), ("trend", "hat")],
)
def test_weight_alone_brings_its_part_first(part: str, first: str) -> None:
    weights = dict.fromkeys(WEIGHTS, 0.0) | {part: 2.0}
    assert ids(for_profile(CANDIDATES, weights, 1)) == [first]


def test_reasons_follow_what_counts_most() -> None:
    reasons = {one.product_id: one.reason for one in for_profile(CANDIDATES, WEIGHTS, 4)}
    assert reasons == {"cup": "because", "jar": "alike", "tea": "again", "hat": "popular"}


def test_product_bought_once_is_not_called_usual() -> None:
    (only,) = for_profile([Candidate("tea", habit=0.7)], WEIGHTS, 1)
    assert only.reason == "before"


def test_excluded_products_are_replaced_by_popular_ones() -> None:
    chosen = for_profile(CANDIDATES, WEIGHTS, 4, {"cup", "jar"}, POPULAR)
    assert ids(chosen) == ["tea", "hat", "sock"]


@pytest.mark.parametrize(("n", "count"), [(-1, 0), (0, 0), (2, 2), (10_000, 5)])
def test_as_many_as_asked_come_where_there_are_as_many(n: int, count: int) -> None:
    assert len(for_profile(CANDIDATES, WEIGHTS, n, (), POPULAR)) == count


def test_rows_of_json_serve_as_candidates() -> None:
    assert ids(for_profile([["cup", 0.1, 0, 0, 0], ["jar", 0.2, 0, 0, 0, ""]], WEIGHTS, 2)) == [
        "jar",
        "cup",
    ]


def test_equal_scores_come_in_the_order_of_their_ids() -> None:
    rows = [("b", 1.0, 0.0, 0.0, 0.0), ("a", 1.0, 0.0, 0.0, 0.0)]
    assert ids(for_profile(rows, WEIGHTS, 2)) == ["a", "b"]


def test_neighbours_of_all_seeds_add_up() -> None:
    neighbours = {
        "pot": [("cup", 0.5, 0.0), ("jar", 0.6, 0.0)],
        "tea": [("cup", 0.3, 0.0), ("pot", 1.0, 1.0)],
    }
    chosen = for_items(neighbours, POPULAR, WEIGHTS, 2)
    assert ids(chosen) == ["cup", "jar"]
    assert chosen[0] == Recommendation("cup", 0.8, "viewed", "pot")


def test_unknown_seed_is_answered_with_what_is_popular() -> None:
    chosen = for_items({"sock": []}, POPULAR, WEIGHTS, 2)
    assert ids(chosen) == ["hat", "cup"]
    assert {one.reason for one in chosen} == {"popular"}


def test_wanted_weights_replace_learnt_ones_within_bounds() -> None:
    wanted = {"content": "0.5", "habit": 99, "trend": -3, "collaborative": "inf"}
    assert adjusted(WEIGHTS, wanted) == {
        "content": 0.5,
        "habit": 10.0,
        "trend": 0.0,
        "collaborative": 10.0,
    }


@pytest.mark.parametrize(
    "wanted", [{"colour": 1}, {"habit": "much"}, {"habit": "nan"}, {"habit": True}]
)
def test_weight_that_is_none_is_refused(wanted: dict[str, object]) -> None:
    with pytest.raises(InvalidRequestError, match="eight"):
        adjusted(WEIGHTS, wanted)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("because", "because you bought Tea pot"),
        ("viewed", "goes with Tea pot"),
        ("again", "you usually buy this again"),
        ("popular", "popular right now"),
    ],
)
def test_reason_is_told_in_words(reason: str, words: str) -> None:
    assert in_words(Recommendation("cup", 1.0, reason, "pot"), {"pot": "Tea pot"}) == words


def test_product_without_a_name_is_not_named() -> None:
    words = in_words(Recommendation("cup", 1.0, "because", "pot"), {})
    assert words == "people with your taste buy this"
