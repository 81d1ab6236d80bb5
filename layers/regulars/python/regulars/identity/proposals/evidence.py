"""Say in words what speaks for and against a pair; the words name fields and hold no value of a record."""

from collections.abc import Iterable, Sequence

import duckdb
import pyarrow as pa

from regulars.identity.proposals.comparisons import FieldComparison
from regulars.identity.proposals.model import TABLE
from regulars.identity.proposals.pair import Pair

INDIRECT_EVIDENCE = "both resemble another record"


def describe_pairs(
    connection: duckdb.DuckDBPyConnection,
    pairs: Iterable[Pair],
    comparisons: Sequence[FieldComparison],
) -> dict[Pair, list[str]]:
    """Return the words of each pair: agreements first, then differences, each in the order of the comparisons."""
    ordered = sorted(pairs)
    columns = {"id_l": [left for left, _ in ordered], "id_r": [right for _, right in ordered]}
    schema = pa.schema([("id_l", pa.string()), ("id_r", pa.string())])
    connection.register("pairs", pa.table(columns, schema=schema))
    rows = connection.execute(_build_query(comparisons)).fetchall()
    connection.unregister("pairs")
    return {(left, right): _choose_words(levels, comparisons) for left, right, *levels in rows}


def _choose_words(levels: Sequence[int], comparisons: Sequence[FieldComparison]) -> list[str]:
    agreements, differences = [], []
    for level, comparison in zip(levels, comparisons, strict=True):
        if level > 0:
            agreements.append(comparison.levels[level - 1].words)
        elif level == 0:
            differences.append(comparison.difference)
    return (agreements or [INDIRECT_EVIDENCE]) + differences


def _build_query(comparisons: Sequence[FieldComparison]) -> str:
    """Return a query of the level of each comparison, counted from 1; 0 for a difference, -1 for a missing value."""
    columns = sorted({name for comparison in comparisons for name in comparison.columns})
    sides = (f"{side}.{name} AS {name}_{side}" for name in columns for side in "lr")
    cases = ", ".join(map(_build_case, comparisons))
    # Values of both sides under the names that the conditions use.
    return (
        f"SELECT id_l, id_r, {cases} FROM (SELECT p.id_l, p.id_r, {', '.join(sides)} FROM pairs p"  # noqa: S608
        f" JOIN {TABLE} l ON l.id = p.id_l JOIN {TABLE} r ON r.id = p.id_r) ORDER BY id_l, id_r"
    )


def _build_case(comparison: FieldComparison) -> str:
    branches = " ".join(
        f"WHEN {level.condition} THEN {number}"
        for number, level in enumerate(comparison.levels, start=1)
    )
    return f"CASE WHEN {comparison.missing} THEN -1 {branches} ELSE 0 END"
