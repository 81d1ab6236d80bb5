"""Loads the local stack with many senders: python -m tests.conformance.load --seconds 120 --senders 50.

Uses the stack that is running, or starts one and stops it afterwards.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from statistics import quantiles
from typing import Any

from infra.local import emulator
from infra.local.places import LOCAL_FOLDER
from tests.conformance.load.clients import ResponseLog, send_requests
from tests.conformance.load.load_requests import LOAD_CHANNELS, SIGNING_SECRET
from tests.conformance.load.stored_markers import LoadedStack, StoredMarkers
from tests.support.owner import Owner

MAX_ENVIRONMENTS = 2  # of each endpoint function, for two cores


def run_load(
    owner: Owner, outputs: Any, seconds: float, senders: int, seed: str
) -> tuple[ResponseLog, StoredMarkers]:
    """Connect the sources, send the requests, and read the markers. `outputs` is the JSON of the command `up`."""
    for channel in LOAD_CHANNELS:
        owner.read_result("connect", channel, "--name", "load", "--secret", SIGNING_SECRET)
    stack = LoadedStack(outputs["aws_endpoint"])
    stack.limit_concurrency(MAX_ENVIRONMENTS)
    try:
        log = send_requests(senders, seconds, outputs["api"], outputs["keys"]["write"], seed)
    finally:
        stack.remove_limit()
    return log, stack.read_markers()


def format_report(log: ResponseLog, markers: StoredMarkers) -> list[str]:
    """Return the lines of the report: the figures of a run, and its failures."""
    statuses = {status or "none": count for status, count in sorted(log.statuses.items())}
    percentiles = quantiles(log.seconds, n=100)
    stored_refusals = log.refused_markers & markers.rejects
    return [
        f"requests {sum(log.statuses.values())}, responses {statuses}",
        f"duplicates {log.duplicate_count}, abandoned {log.abandoned_count}",
        f"seconds: median {percentiles[49]:.2f}, 99th percentile {percentiles[98]:.2f}",
        f"events acknowledged {len(log.acknowledged_markers)}, ledger rows {markers.rows}",
        f"refused {len(log.refused_markers)}, of these in the rejects {len(stored_refusals)}",
        *(markers.list_failures(log) or ["no event is lost or duplicated"]),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run the load and print the report. Return 1 if there is a failure, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="duration of the load")
    parser.add_argument("--senders", type=int, default=50, help="number of concurrent senders")
    parser.add_argument("--seed", default=str(time.time_ns()), help="seed of the random numbers")
    options = parser.parse_args(arguments)
    owner = Owner(Path(os.environ.get("REGULARS_LOCAL") or LOCAL_FOLDER))
    running_emulator = emulator.find_running()
    try:
        outputs = owner.read_result("up")
        log, markers = run_load(owner, outputs, options.seconds, options.senders, options.seed)
    finally:
        if running_emulator is None:
            owner.run_command("down")
    report = format_report(log, markers)
    print(f"seed {options.seed}", *report, sep="\n")  # noqa: T201 (a command line prints)
    return 1 if markers.list_failures(log) else 0


if __name__ == "__main__":
    sys.exit(main())
