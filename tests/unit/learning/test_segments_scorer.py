"""RFM scores and the group each of them names."""

import pytest

from regulars.learning.segments.scorer import (
    RFM_SEGMENTS,
    Rfm,
    kmeans_segment,
    rfm,
    rfm_segment,
    segments,
)

CUTS = {
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
def test_rfm_counts_the_cuts_below(
    recency: float, orders: int, money: int, scores: tuple[int, ...]
) -> None:
    assert rfm(CUTS, {"recency_days": recency, "orders": orders, "money": money}) == scores


@pytest.mark.parametrize(
    ("scores", "orders", "name"),
    [
        (Rfm(5, 5, 5), 30, "champions"),
        (Rfm(4, 5, 4), 20, "loyal"),
        (Rfm(3, 4, 4), 9, "loyal"),
        (Rfm(5, 2, 2), 2, "potential-loyalists"),
        (Rfm(5, 1, 5), 1, "new"),
        (Rfm(4, 1, 1), 1, "promising"),
        (Rfm(3, 3, 2), 3, "need-attention"),
        (Rfm(2, 3, 4), 5, "at-risk"),
        (Rfm(1, 5, 5), 30, "cannot-lose"),
        (Rfm(2, 1, 2), 1, "hibernating"),
        (Rfm(1, 1, 1), 1, "lost"),
    ],
)
def test_rfm_segment_is_named_after_the_scores(scores: Rfm, orders: int, name: str) -> None:
    assert rfm_segment(scores, orders) == name


def test_every_combination_of_scores_has_a_known_name() -> None:
    every = [Rfm(r, f, m) for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)]
    named = {rfm_segment(scores, orders) for scores in every for orders in (1, 5)}
    assert named == {segment.name for segment in RFM_SEGMENTS}


def test_visitor_without_orders_has_no_segment() -> None:
    visitor = {"recency_days": 0.0, "orders": 0.0, "money": 0.0}
    assert rfm(CUTS, visitor) is None
    assert kmeans_segment(CUTS, visitor) is None


def test_segments_without_clusters_are_those_of_rfm() -> None:
    assert segments(CUTS) == RFM_SEGMENTS
    assert len({segment.name for segment in RFM_SEGMENTS}) == 10
