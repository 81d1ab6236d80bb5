"""Assign a buyer to named segments: one by RFM scores, one by the nearest centroid of a clustering."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_BEST_SCORE, _GOOD_SCORE, _MIDDLE_SCORE = 5, 4, 3
_SINGLE_ORDER = 1


class RfmScores(NamedTuple):
    """Recency, frequency and monetary value, each from 1 (worst) to 5 (best).

    Recency is in relation to the shop's rhythm, frequency and money are in relation to the shop's buyers.
    """

    recency: int
    frequency: int
    monetary: int


class Segment(NamedTuple):
    """A named group of buyers; `name` is a URL path segment, `scheme` is rfm or kmeans.

    The id stays when the name changes: those of RFM are fixed, a cluster takes over the id of the cluster that has most
    of the same people.
    """

    id: str
    name: str
    scheme: str
    title: str
    description: str


RFM_SEGMENTS = tuple(
    Segment(
        id=f"rfm-{number:02}",
        name=title.lower().replace(" ", "-"),
        scheme="rfm",
        title=title,
        description=description,
    )
    for number, title, description in (
        (1, "Champions", "Bought very recently, and order more often and spend more than most."),
        (2, "Loyal", "Order more often than most, and were here not long ago."),
        (3, "Potential loyalists", "Bought recently and more than once: the next regulars."),
        (4, "New", "Their first order is very recent."),
        (5, "Promising", "Their first order is recent, the second is still to come."),
        (6, "Need attention", "Do not order often, and it has been a while."),
        (7, "At risk", "Came back or spent more than most, but have been silent for long."),
        (8, "Cannot lose", "Were among the best, and have been silent for long."),
        (9, "Hibernating", "Ordered seldom, and have been silent for long."),
        (10, "Lost", "Ordered seldom, and have been silent for very long."),
    )
)
_RFM_BY_NAME = {segment.name: segment for segment in RFM_SEGMENTS}


def list_segments(scorer: Mapping[str, Any]) -> tuple[Segment, ...]:
    """Return every segment of a scorer, in the order in which the owner reads them."""
    clusters = scorer["kmeans"]["segments"] if scorer["kmeans"] else ()
    return (*RFM_SEGMENTS, *(Segment(*cluster) for cluster in clusters))


def is_current(scorer: Mapping[str, Any]) -> bool:
    """Return whether a scorer has the present format; an older one has no rhythm and no ids."""
    return "rhythm_days" in scorer


def score_rfm(scorer: Mapping[str, Any], features: Mapping[str, float]) -> RfmScores | None:
    """Return the three scores of a buyer; None for a person who never bought."""
    if features["orders"] < 1:
        return None
    return RfmScores(
        recency=5 - _count_cuts_below(scorer["recency_cuts"], features["recency_days"]),
        frequency=1 + _count_cuts_below(scorer["frequency_cuts"], features["orders"]),
        monetary=1 + _count_cuts_below(scorer["monetary_cuts"], features["money"]),
    )


def choose_rfm_segment(scores: RfmScores, orders: float) -> Segment:
    """Return the RFM segment.

    >>> choose_rfm_segment(RfmScores(recency=1, frequency=5, monetary=5), orders=30).name
    'cannot-lose'
    """
    if scores.recency >= _GOOD_SCORE:
        return _RFM_BY_NAME[_choose_recent_name(scores, orders)]
    if scores.recency == _MIDDLE_SCORE:
        return _RFM_BY_NAME["loyal" if scores.frequency >= _GOOD_SCORE else "need-attention"]
    return _RFM_BY_NAME[_choose_silent_name(scores)]


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


def find_kmeans_segment(scorer: Mapping[str, Any], features: Mapping[str, float]) -> Segment | None:
    """Return the nearest centroid's segment; None without clusters or orders."""
    index = find_nearest_cluster(scorer, features)
    return None if index is None else Segment(*scorer["kmeans"]["segments"][index])


def _choose_recent_name(scores: RfmScores, orders: float) -> str:
    if orders <= _SINGLE_ORDER:
        return "new" if scores.recency == _BEST_SCORE else "promising"
    if scores.frequency < _GOOD_SCORE:
        return "potential-loyalists"
    is_best = scores.recency == _BEST_SCORE and scores.monetary >= _GOOD_SCORE
    return "champions" if is_best else "loyal"


def _choose_silent_name(scores: RfmScores) -> str:
    if scores.frequency + scores.monetary > _BEST_SCORE + _MIDDLE_SCORE:
        return "cannot-lose"
    if scores.frequency >= _MIDDLE_SCORE or scores.monetary >= _GOOD_SCORE:
        return "at-risk"
    return "lost" if scores.recency == 1 else "hibernating"


def _count_cuts_below(cuts: Sequence[float], value: float) -> int:
    """Return how many of the ascending cuts lie below the value."""
    return bisect_left(cuts, value)
