"""Many senders at once against the local stack: python -m tests.conformance.load --seconds 120 --senders 50.

The stack that runs is used, or one is started and stopped again.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from statistics import quantiles
from typing import Any

from infra.local import emulator
from infra.local.places import LOCAL
from tests.conformance.load.books import Books, Running
from tests.conformance.load.senders import Answers, sent_by
from tests.conformance.load.sendings import CHANNELS, SECRET
from tests.support.owner import Owner

ENVIRONMENTS = 2  # of each door at once, for two cores


def run(owner: Owner, up: Any, seconds: float, senders: int, seed: str) -> tuple[Answers, Books]:
    """Connect the channels, send, and look at what the stack holds then."""
    for channel in CHANNELS:
        owner.read_result("connect", channel, "--name", "load", "--secret", SECRET)
    running = Running(up["aws_endpoint"])
    running.bound(ENVIRONMENTS)
    try:
        answers = sent_by(senders, seconds, up["api"], up["keys"]["write"], seed)
    finally:
        running.unbound()
    return answers, running.books()


def told(answers: Answers, books: Books) -> list[str]:
    """The figures of a run, and what was wrong."""
    statuses = {status or "none": count for status, count in sorted(answers.statuses.items())}
    percentiles = quantiles(answers.seconds, n=100)
    return [
        f"requests {sum(answers.statuses.values())}, answered {statuses}",
        f"told again {answers.repeated}, given up {answers.given_up}",
        f"seconds: median {percentiles[49]:.2f}, 99 of 100 within {percentiles[98]:.2f}",
        f"events acknowledged {len(answers.acknowledged)}, rows of the ledger {books.rows}",
        f"refused {len(answers.refused)}, of these in the rejects {len(answers.refused & books.rejects)}",
        *(books.faults(answers) or ["nothing lost, nothing twice"]),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run it and tell; 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--senders", type=int, default=50)
    parser.add_argument("--seed", default=str(time.time_ns()))
    chosen = parser.parse_args(arguments)
    owner, ran = Owner(Path(os.environ.get("REGULARS_LOCAL") or LOCAL)), emulator.find_running()
    try:
        answers, books = run(
            owner, owner.read_result("up"), chosen.seconds, chosen.senders, chosen.seed
        )
    finally:
        if ran is None:
            owner.run_command("down")
    print(f"seed {chosen.seed}", *told(answers, books), sep="\n")  # noqa: T201 (a command line prints)
    return 1 if books.faults(answers) else 0


if __name__ == "__main__":
    sys.exit(main())
