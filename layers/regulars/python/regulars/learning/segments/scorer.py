"""Which named groups a buyer belongs to: RFM by cut-offs, and the nearest centroid of a clustering."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_GOOD, _MIDDLE, _ONCE = 4, 3, 1


class Rfm(NamedTuple):
    """Recency, frequency and monetary value, each from 1 (worst) to 5 (best) among the shop's buyers."""

    recency: int
    frequency: int
    monetary: int


class Segment(NamedTuple):
    """A named group; `name` is fit for a URL, `scheme` is rfm or kmeans."""

    name: str
    scheme: str
    title: str
    description: str


RFM_SEGMENTS = tuple(
    Segment(title.lower().replace(" ", "-"), "rfm", title, description)
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


def segments(scorer: Mapping[str, Any]) -> tuple[Segment, ...]:
    """Every group this scorer knows, in the order an owner reads them."""
    clusters = scorer["kmeans"]["segments"] if scorer["kmeans"] else ()
    return (*RFM_SEGMENTS, *(Segment(*cluster) for cluster in clusters))


def rfm(scorer: Mapping[str, Any], features: Mapping[str, float]) -> Rfm | None:
    """The three scores of a buyer; None for somebody who never bought."""
    if features["orders"] < 1:
        return None
    return Rfm(
        5 - _above(scorer["recency_cuts"], features["recency_days"]),
        1 + _above(scorer["frequency_cuts"], features["orders"]),
        1 + _above(scorer["monetary_cuts"], features["money"]),
    )


def rfm_segment(scores: Rfm, orders: float) -> str:
    """The name of the RFM group.

    >>> rfm_segment(Rfm(recency=1, frequency=5, monetary=5), orders=30)
    'cannot-lose'
    """
    value = (scores.frequency + scores.monetary + 1) // 2
    if scores.recency >= _GOOD:
        return _recent(scores.recency, value, orders)
    if scores.recency == _MIDDLE:
        return "loyal" if value >= _GOOD else "need-attention"
    if value > _GOOD:
        return "cannot-lose"
    if value >= _MIDDLE:
        return "at-risk"
    return "lost" if scores.recency == 1 else "hibernating"


def cluster(scorer: Mapping[str, Any], features: Mapping[str, float]) -> int | None:
    """The number of the nearest centroid; None without a clustering, and for somebody who never bought."""
    kmeans = scorer["kmeans"]
    if not kmeans or features["orders"] < 1:
        return None
    place = [
        (math.log1p(max(features[name], 0.0)) - mean) / scale
        for name, mean, scale in zip(
            kmeans["features"], kmeans["means"], kmeans["scales"], strict=True
        )
    ]
    distances = [math.dist(place, centroid) for centroid in kmeans["centroids"]]
    return distances.index(min(distances))


def kmeans_segment(scorer: Mapping[str, Any], features: Mapping[str, float]) -> str | None:
    """The name of the nearest centroid's group."""
    number = cluster(scorer, features)
    if number is None:
        return None
    name: str = scorer["kmeans"]["segments"][number][0]
    return name


def _recent(recency: int, value: int, orders: float) -> str:
    if orders <= _ONCE:
        return "new" if recency > _GOOD else "promising"
    if value >= _GOOD:
        return "champions" if recency > _GOOD else "loyal"
    return "potential-loyalists"


def _above(cuts: Sequence[float], value: float) -> int:
    """How many of the ascending cuts lie below the value."""
    return bisect_left(cuts, value)
