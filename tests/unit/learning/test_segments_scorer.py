"""RFM scores and the segment that they name."""

import itertools

import pytest

from regulars.learning.segments.scorer import (
    RFM_SEGMENTS,
    RfmScores,
    choose_rfm_segment,
    find_kmeans_segment,
    list_segments,
    score_rfm,
)

QUANTILE_CUTS = {
    "recency_cuts": [10.0, 30.0, 60.0, 120.0],
    "frequency_cuts": [1.0, 2.0, 4.0, 8.0],
    "monetary_cuts": [1000.0, 2000.0, 4000.0, 8000.0],
    "kmeans": None,
}


@pytest.mark.parametrize(
    ("recency", "orders", "money", "scores"),
    [
        (5, 9, 9000, (5, 5, 5)),
        (10, 1, 1000, (5, 1, 1)),
        (45, 3, 3000, (3, 3, 3)),
        (500, 1, 1, (1, 1, 1)),
    ],
)
def test_rfm_score_counts_the_cuts_below(
    recency: float, orders: int, money: int, scores: tuple[int, ...]
) -> None:
    assert (
        score_rfm(QUANTILE_CUTS, {"recency_days": recency, "orders": orders, "money": money})
        == scores
    )


@pytest.mark.parametrize(
    ("scores", "orders", "name"),
    [
        (RfmScores(5, 5, 5), 30, "champions"),
        (RfmScores(5, 5, 3), 30, "loyal"),  # 300 in 30 orders is not spending most
        (RfmScores(4, 5, 4), 20, "loyal"),
        (RfmScores(3, 4, 4), 9, "loyal"),
        (RfmScores(5, 2, 2), 2, "potential-loyalists"),
        (RfmScores(5, 1, 5), 1, "new"),
        (RfmScores(4, 1, 1), 1, "promising"),
        (RfmScores(3, 3, 2), 3, "need-attention"),
        (RfmScores(2, 3, 4), 5, "at-risk"),
        (RfmScores(1, 5, 5), 30, "cannot-lose"),
        (RfmScores(2, 1, 2), 1, "hibernating"),
        (RfmScores(1, 1, 1), 1, "lost"),
        (RfmScores(1, 1, 4), 1, "at-risk"),
    ],
)
def test_rfm_segment_is_named_after_the_scores(scores: RfmScores, orders: int, name: str) -> None:
    assert choose_rfm_segment(scores, orders).name == name


def test_every_combination_of_scores_has_a_known_name() -> None:
    combinations = [RfmScores(*scores) for scores in itertools.product(range(1, 6), repeat=3)]
    found = {choose_rfm_segment(scores, orders) for scores in combinations for orders in (1, 5)}
    assert found == set(RFM_SEGMENTS)


def test_ids_of_rfm_segments_are_fixed_and_no_names() -> None:
    ids = {segment.name: segment.id for segment in RFM_SEGMENTS}
    assert (ids["champions"], ids["lost"]) == ("rfm-01", "rfm-10")
    assert len(set(ids.values())) == len(RFM_SEGMENTS)


def test_visitor_without_orders_has_no_segment() -> None:
    visitor = {"recency_days": 0.0, "orders": 0.0, "money": 0.0}
    assert score_rfm(QUANTILE_CUTS, visitor) is None
    assert find_kmeans_segment(QUANTILE_CUTS, visitor) is None


def test_segments_without_clusters_are_those_of_rfm() -> None:
    assert list_segments(QUANTILE_CUTS) == RFM_SEGMENTS
    assert len({segment.name for segment in RFM_SEGMENTS}) == 10
