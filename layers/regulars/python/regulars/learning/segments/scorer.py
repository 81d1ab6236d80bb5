"""Assign a buyer to named segments: one by RFM scores, one by the nearest centroid of a clustering."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_GOOD_SCORE, _MIDDLE_SCORE = 4, 3
_SINGLE_ORDER = 1


class RfmScores(NamedTuple):
    """Recency, frequency and monetary value, each from 1 (worst) to 5 (best) among the shop's buyers."""

    recency: int
    frequency: int
    monetary: int


class Segment(NamedTuple):
    """A named group of buyers; `name` is a URL path segment, `scheme` is rfm or kmeans."""

    name: str
    scheme: str
    title: str
    description: str


RFM_SEGMENTS = tuple(
    Segment(
        name=title.lower().replace(" ", "-"), scheme="rfm", title=title, description=description
    )
    for title, description in (
        ("Champions", "Bought very recently, buy often and spend most."),
        ("Loyal", "Buy often and spend well, and were here not long ago."),
        ("Potential loyalists", "Bought recently and more than once: the next regulars."),
        ("New", "Their first order is very recent."),
        ("Promising", "Their first order is recent, the second is still to come."),
        ("Need attention", "Middling in everything, and it has been a while."),
        ("At risk", "Used to buy well, but not lately."),
        ("Cannot lose", "Were among the best, and have been silent for long."),
        ("Hibernating", "Bought little, and a while ago."),
        ("Lost", "Bought little, longest ago."),
    )
)


def list_segments(scorer: Mapping[str, Any]) -> tuple[Segment, ...]:
    """Return every segment of a scorer, in the order in which the owner reads them."""
    clusters = scorer["kmeans"]["segments"] if scorer["kmeans"] else ()
    return (*RFM_SEGMENTS, *(Segment(*cluster) for cluster in clusters))


def score_rfm(scorer: Mapping[str, Any], features: Mapping[str, float]) -> RfmScores | None:
    """Return the three scores of a buyer; None for a person who never bought."""
    if features["orders"] < 1:
        return None
    return RfmScores(
        recency=5 - _count_cuts_below(scorer["recency_cuts"], features["recency_days"]),
        frequency=1 + _count_cuts_below(scorer["frequency_cuts"], features["orders"]),
        monetary=1 + _count_cuts_below(scorer["monetary_cuts"], features["money"]),
    )


def choose_rfm_segment(scores: RfmScores, orders: float) -> str:
    """Return the name of the RFM segment.

    >>> choose_rfm_segment(RfmScores(recency=1, frequency=5, monetary=5), orders=30)
    'cannot-lose'
    """
    value = (scores.frequency + scores.monetary + 1) // 2
    if scores.recency >= _GOOD_SCORE:
        return _choose_recent_segment(scores.recency, value, orders)
    if scores.recency == _MIDDLE_SCORE:
        return "loyal" if value >= _GOOD_SCORE else "need-attention"
    if value > _GOOD_SCORE:
        return "cannot-lose"
    if value >= _MIDDLE_SCORE:
        return "at-risk"
    return "lost" if scores.recency == 1 else "hibernating"


def find_nearest_cluster(scorer: Mapping[str, Any], features: Mapping[str, float]) -> int | None:
    """Return the index of the nearest centroid; None without clusters, and for a person who never bought."""
    kmeans = scorer["kmeans"]
    if not kmeans or features["orders"] < 1:
        return None
    point = [
        (math.log1p(max(features[name], 0.0)) - mean) / scale
        for name, mean, scale in zip(
            kmeans["features"], kmeans["means"], kmeans["scales"], strict=True
        )
    ]
    distances = [math.dist(point, centroid) for centroid in kmeans["centroids"]]
    return distances.index(min(distances))


def find_kmeans_segment(scorer: Mapping[str, Any], features: Mapping[str, float]) -> str | None:
    """Return the name of the nearest centroid's segment; None without clusters or orders."""
    index = find_nearest_cluster(scorer, features)
    if index is None:
        return None
    name: str = scorer["kmeans"]["segments"][index][0]
    return name


def _choose_recent_segment(recency: int, value: int, orders: float) -> str:
    if orders <= _SINGLE_ORDER:
        return "new" if recency > _GOOD_SCORE else "promising"
    if value >= _GOOD_SCORE:
        return "champions" if recency > _GOOD_SCORE else "loyal"
    return "potential-loyalists"


def _count_cuts_below(cuts: Sequence[float], value: float) -> int:
    """Return how many of the ascending cuts lie below the value."""
    return bisect_left(cuts, value)
