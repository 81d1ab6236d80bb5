"""Plain, unique and stable names for clusters of buyers, from what sets each one apart from all buyers."""

from collections.abc import Sequence

from regulars.learning.contract import Floats
from regulars.learning.segments.scorer import Segment

# What a centroid's coordinate says when it is clearly below, or above, all buyers: recency, orders, money, tenure.
TRAITS = (
    (("recent", "ordered lately"), ("silent", "have been silent for long")),
    (("occasional", "ordered once or seldom"), ("frequent", "order often")),
    (("small-spending", "spend less than most"), ("big-spending", "spend more than most")),
    (("new", "came not long ago"), ("longtime", "have been customers for long")),
)
_CLEAR = 0.35  # standard deviations


def named(centroids: Floats) -> list[Segment]:
    """One segment for each centroid, in standard deviations of the four traits.

    The two clearest traits name a group; groups that would share a name say more, and at last count.
    """
    traits = [_traits(centroid.tolist()) for centroid in centroids]
    names = [_name(said[:2]) for said in traits]
    for most in (3, 4):
        names = [
            _name(said[:most]) if names.count(name) > 1 else name
            for said, name in zip(traits, names, strict=True)
        ]
    return [_segment(_counted(names, number), said) for number, said in enumerate(traits)]


def _traits(centroid: Sequence[float]) -> list[tuple[int, str, str]]:
    """The clear traits, clearest first: its place in a sentence, its word and its phrase."""
    order = sorted(range(len(TRAITS)), key=lambda trait: (-abs(round(centroid[trait], 2)), trait))
    clear = [trait for trait in order if abs(centroid[trait]) >= _CLEAR]
    return [(trait, *TRAITS[trait][centroid[trait] > 0]) for trait in clear]


def _name(traits: Sequence[tuple[int, str, str]]) -> str:
    words = [word for _, word, _ in sorted(traits)]
    return "-".join([*words, "buyers"] if words else ["average", "buyers"])


def _counted(names: Sequence[str], number: int) -> str:
    """The name, numbered from its second use on."""
    before = names[:number].count(names[number])
    return f"{names[number]}-{before + 1}" if before else names[number]


def _segment(name: str, traits: Sequence[tuple[int, str, str]]) -> Segment:
    phrases = [phrase for _, _, phrase in sorted(traits)]
    listed = (
        ", ".join(phrases[:-1]) + " and " + phrases[-1] if len(phrases) > 1 else "".join(phrases)
    )
    description = f"They {listed}." if listed else "Like most buyers in everything."
    return Segment(name, "kmeans", name.replace("-", " ").capitalize(), description)
