"""Run the benchmarks: write every figure into build/bench.json and print a table.

A suite whose requirements are missing is skipped with one line that says what is missing.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from tests.benchmarks import cost, latency, learning, recommendation
from tests.benchmarks.rows import (
    BenchmarkRow,
    MissingRequirementError,
    create_skipped_row,
    format_table,
    write_rows,
)
from tests.benchmarks.sandbox import ROOT

SUITES: dict[str, Callable[[], Iterable[BenchmarkRow]]] = {
    "cold": latency.measure_cold_starts,
    "warm": latency.measure_warm_requests,
    "cost": cost.measure_costs,
    "learning": learning.measure_learning,
    "quality": learning.measure_quality,
    "recommendation": recommendation.measure_recommender,
}


# The handlers, where Lambda finds them.
sys.path.insert(0, str(ROOT / "functions"))


def main() -> None:
    """Run the named suites, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", choices=[[], *SUITES])
    names = parser.parse_args().suites or SUITES
    rows = list(chain.from_iterable(map(measure_suite, names)))
    write_rows(rows, ROOT / "build" / "bench.json")
    print(format_table(rows))  # noqa: T201 (a command line prints)


def measure_suite(name: str) -> Iterator[BenchmarkRow]:
    """Yield the rows of a suite; one row that says why, when the suite cannot run here."""
    print(f"{name} …", file=sys.stderr, flush=True)  # noqa: T201
    try:
        yield from SUITES[name]()
    except MissingRequirementError as error:
        print(f"{name} skipped: {error}", file=sys.stderr, flush=True)  # noqa: T201
        yield create_skipped_row(name, str(error))


if __name__ == "__main__":
    main()
