"""Tries mutations over all schemes and tells the verdicts of each: python -m tests.conformance.mutations --count 1000000."""

import argparse
import sys
import time
from collections.abc import Iterator

from tests.conformance.mutations.captured_runs import campaigns as captured
from tests.conformance.mutations.mutation_run import Campaign
from tests.conformance.mutations.schemes.registry import SCHEMES
from tests.conformance.mutations.verdict_counts import Tally
from tests.conformance.webhooks import VECTORS

SEED = "2026-11-22"  # of the suite; the command line draws one and says it
ROW = "{:46}{:>12}{:>12}{:>18}{:>18}"


def shares(count: int) -> dict[str, int]:
    """How many mutations of a count each scheme is tried with: fewer where a verdict costs an exponentiation."""
    whole = sum(scheme.share for scheme in SCHEMES)
    return {scheme.name: -int(-count * scheme.share // whole) for scheme in SCHEMES}


def campaigns(count: int, seed: str) -> Iterator[tuple[Campaign, int]]:
    """Every scheme, and every captured request where the providers' vectors are here, with its share."""
    for scheme in SCHEMES:
        yield Campaign(scheme, seed), shares(count)[scheme.name]
    if VECTORS.exists():
        for each in captured(VECTORS, seed):
            yield each, max(count // 1000, 1)


def main(arguments: list[str] | None = None) -> int:
    """Run them; 1 when a verdict was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", default=str(time.time_ns()))
    chosen = parser.parse_args(arguments)
    print(f"seed {chosen.seed}")  # noqa: T201 (a command line prints)
    print(ROW.format("scheme", "taken", "refused", "wrongly taken", "wrongly refused"))  # noqa: T201
    total = Tally("all")
    for campaign, count in campaigns(chosen.count, chosen.seed):
        total.add(told(campaign.run(count)))
    told(total)
    return 1 if total.wrong else 0


def told(tally: Tally) -> Tally:
    """Print one line, and what was wrong."""
    counts = (tally.believed, tally.refused, tally.wrongly_believed, tally.wrongly_refused)
    print(ROW.format(tally.name, *counts), flush=True)  # noqa: T201
    for example in tally.examples:
        print(f"    {example}")  # noqa: T201
    return tally


if __name__ == "__main__":
    sys.exit(main())
