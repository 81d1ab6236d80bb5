"""Find the pairs of records that may be one person."""

import math
from collections.abc import Iterable, Mapping

import msgspec

from regulars.identity.proposals.comparisons import list_comparisons
from regulars.identity.proposals.evidence import describe_pairs
from regulars.identity.proposals.grouping import group_records
from regulars.identity.proposals.model import open_database, weigh_pairs
from regulars.identity.proposals.records import list_varying_columns, read_columns


class SimilarPair(msgspec.Struct, frozen=True, kw_only=True):
    """Two records that may be one person: their ids, the smaller first, the probability, and the evidence in words."""

    left: str
    right: str
    probability: float
    evidence: list[str]


def find_similar_pairs(rows: Iterable[Mapping[str, object]]) -> list[SimilarPair]:
    """Return the pairs that are more likely one person than not, the most probable first; the same rows give the same pairs.

    A pair of one group is returned even if it is only similar to the rest of the group. Raise UnusableTableError when
    the rows have no ids or no column that can be compared.
    """
    columns = read_columns(rows)
    comparisons = list_comparisons(list_varying_columns(columns))
    if not comparisons:
        return []
    with open_database(columns) as connection:
        weights = weigh_pairs(connection, comparisons)
        joined = group_records(weights)
        evidence = describe_pairs(connection, joined, comparisons)
    pairs = [
        SimilarPair(
            left=pair[0],
            right=pair[1],
            probability=_to_probability(max(average, weights.get(pair, average))),
            evidence=evidence[pair],
        )
        for pair, average in joined.items()
    ]
    return sorted(pairs, key=lambda pair: (-pair.probability, pair.left, pair.right))


def _to_probability(weight: float) -> float:
    """Return the probability, to four digits, of log2 odds."""
    return round(1 / (1 + math.exp2(-weight)), 4)
