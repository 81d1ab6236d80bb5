"""`python -m tests.benchmarks`: every figure into build/bench.json, and a table."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from tests.benchmarks import cost, latency, learning, recommendation
from tests.benchmarks.rows import Row, table, written
from tests.benchmarks.sandbox import ROOT

SUITES: dict[str, Callable[[], Iterable[Row]]] = {
    "cold": latency.cold_rows,
    "warm": latency.warm_rows,
    "cost": cost.rows,
    "learning": learning.rows,
    "quality": learning.quality_rows,
    "recommendation": recommendation.rows,
}


# The handlers as Lambda finds them.
sys.path.insert(0, str(ROOT / "functions"))


def main() -> None:
    """Run the suites asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", choices=[[], *SUITES])
    wanted = parser.parse_args().suites or SUITES
    rows = list(chain.from_iterable(map(_told, wanted)))
    written(rows, ROOT / "build" / "bench.json")
    print(table(rows))  # noqa: T201 (a command line prints)


def _told(name: str) -> Iterator[Row]:
    print(f"{name} …", file=sys.stderr, flush=True)  # noqa: T201
    yield from SUITES[name]()


if __name__ == "__main__":
    main()
