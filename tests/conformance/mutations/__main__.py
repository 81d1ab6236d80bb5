"""Runs mutations of all schemes and prints the verdicts: python -m tests.conformance.mutations --count 1000000."""

import argparse
import sys
import time
from collections.abc import Iterator

from tests.conformance.mutations.captured_runs import iterate_captured_runs
from tests.conformance.mutations.mutation_run import MutationRun
from tests.conformance.mutations.schemes.registry import SIGNATURE_SCHEMES
from tests.conformance.mutations.verdict_counts import VerdictCounts
from tests.conformance.provider_files import VECTORS_FILE

SUITE_SEED = "2026-11-22"  # the command line uses a new seed for each run, and prints it
ROW_FORMAT = "{:46}{:>12}{:>12}{:>18}{:>18}"


def split_count(count: int) -> dict[str, int]:
    """Return the number of mutations of each scheme, by weight and rounded up."""
    total_weight = sum(scheme.weight for scheme in SIGNATURE_SCHEMES)
    return {
        scheme.name: -int(-count * scheme.weight // total_weight) for scheme in SIGNATURE_SCHEMES
    }


def iterate_runs(count: int, seed: str) -> Iterator[tuple[MutationRun, int]]:
    """Yield a run and its number of mutations for each scheme, and for each captured request if the files are present."""
    counts = split_count(count)
    for scheme in SIGNATURE_SCHEMES:
        yield MutationRun(scheme, seed), counts[scheme.name]
    if VECTORS_FILE.exists():
        for run in iterate_captured_runs(VECTORS_FILE, seed):
            yield run, max(count // 1000, 1)


def main(arguments: list[str] | None = None) -> int:
    """Run the mutations. Return 1 if a verdict is wrong, else 0."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance.mutations", description=__doc__
    )
    parser.add_argument("--count", type=int, default=1_000_000, help="number of mutations")
    parser.add_argument("--seed", default=str(time.time_ns()), help="seed of the random numbers")
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}")  # noqa: T201 (a command line prints)
    headings = ("scheme", "accepted", "refused", "wrongly accepted", "wrongly refused")
    print(ROW_FORMAT.format(*headings))  # noqa: T201
    total = VerdictCounts(name="all")
    for run, count in iterate_runs(options.count, options.seed):
        counts = run.run(count)
        print_counts(counts)
        total.add(counts)
    print_counts(total)
    return 1 if total.wrong_verdicts else 0


def print_counts(counts: VerdictCounts) -> None:
    """Print one row, and the examples of wrong verdicts below it."""
    numbers = (counts.accepted, counts.refused, counts.wrongly_accepted, counts.wrongly_refused)
    print(ROW_FORMAT.format(counts.name, *numbers), flush=True)  # noqa: T201
    for example in counts.examples:
        print(f"    {example}")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
