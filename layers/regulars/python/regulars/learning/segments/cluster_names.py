"""Name clusters of buyers by how their centroids differ from the average buyer: plain, unique and stable names."""

from collections.abc import Sequence
from typing import NamedTuple

from regulars.learning.contract import FloatArray
from regulars.learning.segments.scorer import Segment

# A (word, phrase) for a coordinate clearly below, and clearly above, the average: recency, orders, money, tenure.
CENTROID_TRAITS = (
    (("recent", "ordered lately"), ("silent", "have been silent for long")),
    (("occasional", "ordered once or seldom"), ("frequent", "order often")),
    (("small-spending", "spend less than most"), ("big-spending", "spend more than most")),
    (("new", "came not long ago"), ("longtime", "have been customers for long")),
)
_MIN_TRAIT_DEVIATION = 0.35  # standard deviations


class ClusterTrait(NamedTuple):
    """A clear trait of a cluster; traits sort by `position`, their order in a name and in a sentence."""

    position: int
    word: str
    phrase: str


def name_clusters(centroids: FloatArray) -> list[Segment]:
    """Return one segment a centroid; centroids are in standard deviations of the four traits, one row each.

    The two clearest traits name a cluster. Clusters that would share a name get a third and a fourth trait, then a
    number.
    """
    cluster_traits = [_list_clear_traits(centroid.tolist()) for centroid in centroids]
    names = [_join_words(traits[:2]) for traits in cluster_traits]
    for max_traits in (3, 4):
        names = [
            _join_words(traits[:max_traits]) if names.count(name) > 1 else name
            for traits, name in zip(cluster_traits, names, strict=True)
        ]
    return [
        _build_segment(_name_duplicate(names, index), traits)
        for index, traits in enumerate(cluster_traits)
    ]


def _list_clear_traits(centroid: Sequence[float]) -> list[ClusterTrait]:
    """Return the clear traits, clearest first."""
    positions = sorted(
        range(len(CENTROID_TRAITS)),
        key=lambda position: (-abs(round(centroid[position], 2)), position),
    )
    return [
        ClusterTrait(position, *CENTROID_TRAITS[position][centroid[position] > 0])
        for position in positions
        if abs(centroid[position]) >= _MIN_TRAIT_DEVIATION
    ]


def _join_words(traits: Sequence[ClusterTrait]) -> str:
    words = [trait.word for trait in sorted(traits)]
    return "-".join([*words, "buyers"] if words else ["average", "buyers"])


def _name_duplicate(names: Sequence[str], index: int) -> str:
    """Return the name at an index, with a number from its second use on."""
    uses_before = names[:index].count(names[index])
    return f"{names[index]}-{uses_before + 1}" if uses_before else names[index]


def _build_segment(name: str, traits: Sequence[ClusterTrait]) -> Segment:
    phrases = [trait.phrase for trait in sorted(traits)]
    joined = (
        ", ".join(phrases[:-1]) + " and " + phrases[-1] if len(phrases) > 1 else "".join(phrases)
    )
    return Segment(
        name=name,
        scheme="kmeans",
        title=name.replace("-", " ").capitalize(),
        description=f"They {joined}." if joined else "Like most buyers in everything.",
    )
