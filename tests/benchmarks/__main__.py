"""`python -m tests.benchmarks`: every figure into build/bench.json, and a table."""

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from tests.benchmarks import latency
from tests.benchmarks.rows import Row, table, written
from tests.benchmarks.sandbox import ROOT

SUITES: dict[str, Callable[[], Iterable[Row]]] = {
    "cold": latency.cold_rows,
    "warm": latency.warm_rows,
}


def main(wanted: list[str]) -> None:
    """Run the suites asked for, or all."""
    rows = list(chain.from_iterable(_told(name) for name in wanted or SUITES))
    written(rows, ROOT / "build" / "bench.json")
    print(table(rows))  # noqa: T201 (a command line prints)


def _told(name: str) -> Iterator[Row]:
    print(f"{name} …", file=sys.stderr, flush=True)  # noqa: T201
    yield from SUITES[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
