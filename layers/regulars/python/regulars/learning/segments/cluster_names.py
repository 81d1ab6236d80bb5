"""Name clusters of buyers by what sets them apart: words that are true of nearly all members, not of the centroid alone."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regulars.learning.contract import FloatArray
from regulars.learning.segments.scorer import Segment

_MIN_TRAIT_DEVIATION = 0.35  # standard deviations of a centroid from the average buyer
_MIN_MEMBER_SHARE = 0.75  # of the members, for whom the phrase is true
_MAX_SELDOM_ORDERS, _MIN_OFTEN_ORDERS = 2, 3
_MIN_LONG_TENURE_DAYS = 180


class ShopFigures(NamedTuple):
    """What the words of a shop's clusters are measured against."""

    rhythm_days: float
    median_orders: float
    median_money: float


class TraitWords(NamedTuple):
    """The word and the phrase for a coordinate clearly above or below the average, and for which values they are true."""

    word: str
    phrase: str
    is_true: Callable[[FloatArray, ShopFigures], NDArray[np.bool_]]


# Below, and above, the average: recency, orders, money, tenure.
CENTROID_TRAITS = (
    (
        TraitWords("recent", "ordered lately", lambda days, shop: days <= shop.rhythm_days / 2),
        TraitWords(
            "silent", "have been silent for long", lambda days, shop: days > shop.rhythm_days
        ),
    ),
    (
        TraitWords(
            "occasional", "ordered once or twice", lambda orders, _: orders <= _MAX_SELDOM_ORDERS
        ),
        TraitWords(
            "frequent",
            "order more often than most",
            lambda orders, shop: orders >= max(_MIN_OFTEN_ORDERS, shop.median_orders + 1),
        ),
    ),
    (
        TraitWords(
            "small-spending", "spend less than most", lambda money, shop: money < shop.median_money
        ),
        TraitWords(
            "big-spending", "spend more than most", lambda money, shop: money > shop.median_money
        ),
    ),
    (
        TraitWords("new", "came not long ago", lambda days, shop: days <= shop.rhythm_days),
        TraitWords(
            "longtime",
            "have been customers for long",
            lambda days, shop: days >= max(_MIN_LONG_TENURE_DAYS, shop.rhythm_days),
        ),
    ),
)


class ClusterTrait(NamedTuple):
    """A clear trait of a cluster; traits sort by `position`, their order in a name and in a sentence."""

    position: int
    word: str
    phrase: str


def measure_shop(buyers: pd.DataFrame, rhythm_days: float) -> ShopFigures:
    """Return the figures of all present buyers."""
    return ShopFigures(
        rhythm_days=rhythm_days,
        median_orders=float(buyers["orders"].median()),
        median_money=float(buyers["money"].median()),
    )


def name_clusters(
    centroids: FloatArray, members: Sequence[FloatArray], shop: ShopFigures
) -> list[Segment] | None:
    """Return one segment a centroid, without ids, or None if words cannot tell two of them apart.

    Centroids are in standard deviations of the four traits; `members` are the traits of each cluster's members. The
    two clearest traits name a cluster. Clusters that would share a name get a third and a fourth trait.
    """
    cluster_traits = [
        _list_clear_traits(centroid.tolist(), values, shop)
        for centroid, values in zip(centroids, members, strict=True)
    ]
    names = [_join_words(traits[:2]) for traits in cluster_traits]
    for max_traits in (3, 4):
        names = [
            _join_words(traits[:max_traits]) if names.count(name) > 1 else name
            for traits, name in zip(cluster_traits, names, strict=True)
        ]
    if len(set(names)) < len(names):
        return None
    return [
        _build_segment(name, traits) for name, traits in zip(names, cluster_traits, strict=True)
    ]


def _list_clear_traits(
    centroid: Sequence[float], values: FloatArray, shop: ShopFigures
) -> list[ClusterTrait]:
    """Return the traits that are clear and true of nearly all members, clearest first."""
    positions = sorted(
        range(len(CENTROID_TRAITS)),
        key=lambda position: (-abs(round(centroid[position], 2)), position),
    )
    traits = []
    for position in positions:
        words = CENTROID_TRAITS[position][centroid[position] > 0]
        true_share = np.mean(words.is_true(values[:, position], shop)) if len(values) else 0.0
        if abs(centroid[position]) >= _MIN_TRAIT_DEVIATION and true_share >= _MIN_MEMBER_SHARE:
            traits.append(ClusterTrait(position, words.word, words.phrase))
    return traits


def _join_words(traits: Sequence[ClusterTrait]) -> str:
    words = [trait.word for trait in sorted(traits)]
    return "-".join([*words, "buyers"] if words else ["average", "buyers"])


def _build_segment(name: str, traits: Sequence[ClusterTrait]) -> Segment:
    phrases = [trait.phrase for trait in sorted(traits)]
    joined = (
        ", ".join(phrases[:-1]) + " and " + phrases[-1] if len(phrases) > 1 else "".join(phrases)
    )
    return Segment(
        id="",
        name=name,
        scheme="kmeans",
        title=name.replace("-", " ").capitalize(),
        description=f"They {joined}." if joined else "Nothing sets them apart from most buyers.",
    )
