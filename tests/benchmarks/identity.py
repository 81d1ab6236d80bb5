"""Measure the proposals on a table of persons whose truth is known: `python -m tests.benchmarks.identity FILE --truth LABELS`.

FILE is CSV or Parquet. LABELS is the name of a column of FILE with the true person, or a CSV of pairs: two columns of ids,
and optionally a last one with the probability that they are one person. With pairs, only the pairs listed are counted.
"""

import argparse
import csv
import resource
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from regulars.identity.proposals.pairs import find_similar_pairs
from regulars.identity.proposals.records import COLUMN_NAMES, read_columns
from tests.benchmarks.baselines.linkage import find_pairs_by_splink_default
from tests.benchmarks.sandbox import ROOT

SHARED_TABLE = ROOT.parent / "shared" / "data" / "fake_1000.csv"
TRUTH_COLUMN = "cluster"

type Pair = tuple[str, str]
type Row = dict[str, str]
type Method = Callable[[Sequence[Row]], set[Pair]]


class Scores(NamedTuple):
    """How well pairs agree with the truth; a share of nothing is 0."""

    precision: float
    recall: float
    f1: float
    pairs: int


class Truth(NamedTuple):
    """The pairs that are one person, and those that were judged; None means all."""

    matches: set[Pair]
    judged: set[Pair] | None = None


def measure_pairs(found: set[Pair], matches: set[Pair]) -> Scores:
    """Return precision, recall, F1 and the number of pairs found."""
    right = len(found & matches)
    precision, recall = right / max(len(found), 1), right / max(len(matches), 1)
    f1 = 2 * right / max(len(found) + len(matches), 1)
    return Scores(precision, recall, f1, len(found))


def list_true_pairs(rows: Iterable[Row], column: str = TRUTH_COLUMN) -> set[Pair]:
    """Return the pairs of rows with the same value in the truth column."""
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(row[column], []).append(id_of_row(row))
    return set(_list_group_pairs(groups.values()))


def id_of_row(row: Row) -> str:
    """Return the id of a row, in the first column that names one."""
    return next(row[name] for name in COLUMN_NAMES["id"] if name in row)


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a CSV or Parquet file as texts; '' for a missing value."""
    if path.suffix == ".parquet":
        import pandas as pd  # noqa: PLC0415 (slow to import)

        frame = pd.read_parquet(path, engine="fastparquet")
        frame = frame.astype(object).where(frame.notna(), "").astype(str)
        return [{str(name): row[name] for name in row} for row in frame.to_dict("records")]
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [*csv.DictReader(file)]


def read_truth(rows: Sequence[Row], labels: str) -> Truth:
    """Return the truth from a column of the table, or else from a file of label pairs."""
    if rows and labels in rows[0]:
        return Truth(list_true_pairs(rows, labels))
    with Path(labels).open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        names = next(reader)
        columns = [place for place, name in enumerate(names) if "id" in name.lower().split("_")]
        judged = {_order_pair(line[columns[0]], line[columns[1]]): line for line in reader}
    has_scores = "score" in names[-1] or "match" in names[-1]
    matches = {pair for pair, line in judged.items() if not has_scores or float(line[-1]) > 0.5}
    return Truth(matches, {*judged} if has_scores else None)


def find_proposals(rows: Sequence[Row]) -> set[Pair]:
    """Return the pairs that Regulars proposes."""
    return {(pair.left, pair.right) for pair in find_similar_pairs(rows)}


def find_pairs_by_email(rows: Sequence[Row]) -> set[Pair]:
    """Return the pairs with the same e-mail address."""
    columns = read_columns(rows)
    groups: dict[str, list[str]] = {}
    for id_, email in zip(columns["id"], columns["email"], strict=True):
        if id_ and email:
            groups.setdefault(email, []).append(id_)
    return set(_list_group_pairs(groups.values()))


METHODS: dict[str, Method] = {
    "same e-mail address": find_pairs_by_email,
    "Splink, stock comparisons": find_pairs_by_splink_default,
    "Regulars": find_proposals,
}


def measure_method(method: Method, rows: Sequence[Row], truth: Truth) -> tuple[Scores, float]:
    """Return the scores of a method on a table, without its truth, and the seconds it took."""
    started = time.perf_counter()
    found = {_order_pair(*pair) for pair in method(rows)}
    seconds = time.perf_counter() - started
    counted = found if truth.judged is None else found & truth.judged
    return measure_pairs(counted, truth.matches), seconds


def main() -> None:
    """Print a row for each method, and the memory of all."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.identity", description=__doc__
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--truth", metavar="LABELS", default=TRUTH_COLUMN)
    arguments = parser.parse_args()
    rows = read_rows(arguments.file)
    truth = read_truth(rows, arguments.truth)
    hidden = [{name: row[name] for name in row if name != arguments.truth} for row in rows]
    print(f"{len(rows)} records, {len(truth.matches)} true pairs")  # noqa: T201
    print(f"{'':32}{'precision':>10}{'recall':>8}{'F1':>8}{'pairs':>8}{'seconds':>9}")  # noqa: T201
    for name, method in METHODS.items():
        scores, seconds = measure_method(method, hidden, truth)
        figures = f"{scores.precision:10.4f}{scores.recall:8.4f}{scores.f1:8.4f}{scores.pairs:8}"
        print(f"{name:32}{figures}{seconds:9.1f}")  # noqa: T201
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"most memory: {mib:.0f} MiB")  # noqa: T201


def _order_pair(one: str, other: str) -> Pair:
    return (min(one, other), max(one, other))


def _list_group_pairs(groups: Iterable[Sequence[str]]) -> Iterator[Pair]:
    for group in groups:
        yield from combinations(sorted(group), 2)


if __name__ == "__main__":
    main()
