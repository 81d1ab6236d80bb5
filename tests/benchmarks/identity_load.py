"""Deliver 100,000 identifies and 20,000 aliases of 2,000 people: `python -m tests.benchmarks.identity_load`.

The last events say what was said before, and are delivered one by one, to measure the write units of an event of a known
identity.
"""

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import batched

import pytest

from regulars.domain.events import Event
from regulars.store.ledger import Ledger
from tests.benchmarks.crowd import build_statement, name_subject
from tests.benchmarks.ledger_checks import check_counts, check_differences
from tests.benchmarks.local_aws import measure_seconds, print_progress, run_proof
from tests.benchmarks.profile_writers import (
    Delivery,
    deliver_batches,
    open_writers,
    read_peak_mib,
)
from tests.benchmarks.rows import BenchmarkRow, create_bounded_row
from tests.functions.test_write_units import count_writes
from tests.support.aws import MotoStack

BATCH_EVENTS = 100  # as the stream delivers them
SINGLE_EVENTS = 500
WRITER_COUNT = 2
DEVICES, EMAILS = 4, 2
MAX_EVENT_UNITS, MAX_MEAN_UNITS, MAX_WORKER_MIB = 4, 3.6, 512


def prove_load(arguments: argparse.Namespace, stack: MotoStack) -> Iterator[BenchmarkRow]:
    """Record and deliver the events, and compare the result with the ledger."""
    events = draw_events(arguments)
    with count_writes(pytest.MonkeyPatch()) as bill, measure_seconds() as read_record_seconds:
        for chunk in batched(events, 1_000, strict=False):
            Ledger("test-events", stack.dynamodb).record_events(chunk)
    ledger_units = sum(bill.units.values())
    yield create_bounded_row("record the events", read_record_seconds(), "s", None)
    with measure_seconds() as read_seconds:
        deliveries = deliver_in_batches(events[:-SINGLE_EVENTS])
    yield create_bounded_row("deliver the events", read_seconds(), "s", None)
    singles = deliver_one_by_one(events[-SINGLE_EVENTS:])
    yield from measure_units(ledger_units / len(events), deliveries, singles, len(events))
    with measure_seconds() as read_verify_seconds:
        yield from check_differences(stack)
    yield create_bounded_row("verify", read_verify_seconds(), "s", None)
    yield create_bounded_row("memory of verify", read_peak_mib(), "MiB", None)
    yield from check_counts(stack)


def draw_events(arguments: argparse.Namespace) -> list[Event]:
    """Return the events in the order of their times: identifies by user id, address and device, and aliases of devices."""
    generator = random.Random(arguments.seed)
    types = ["Identified"] * arguments.identifies + ["Aliased"] * arguments.aliases
    generator.shuffle(types)
    events = [
        draw_event(generator, type_, number, arguments.people) for number, type_ in enumerate(types)
    ]
    known = generator.sample(events[:-SINGLE_EVENTS], SINGLE_EVENTS)
    return events[:-SINGLE_EVENTS] + [
        build_statement(len(events) + number, event.type, event.subjects, event.trust)
        for number, event in enumerate(known)
    ]


def draw_event(generator: random.Random, type_: str, number: int, people: int) -> Event:
    """Return what a server tells of one of the people."""
    person = generator.randrange(people)
    user, device = (
        name_subject("u", person),
        name_subject("a", person, generator.randrange(DEVICES)),
    )
    email = name_subject("e", person, generator.randrange(EMAILS))
    subjects = (user, email, device) if type_ == "Identified" else (user, device)
    return build_statement(number, type_, subjects, "server")


def deliver_in_batches(events: Sequence[Event]) -> list[Delivery]:
    """Deliver the events as the stream does, and print the progress."""
    deliveries = []
    with open_writers(WRITER_COUNT) as pool:
        batches = batched(events, BATCH_EVENTS, strict=False)
        for delivery in deliver_batches(pool, batches):
            deliveries.append(delivery)
            print_progress("events", len(deliveries) * BATCH_EVENTS, len(events))
    return deliveries


def deliver_one_by_one(events: Sequence[Event]) -> list[Delivery]:
    """Deliver events of known identities, each by itself."""
    with open_writers(1) as pool:
        return list(deliver_batches(pool, ([event] for event in events)))


def measure_units(
    recorded: float, deliveries: Sequence[Delivery], singles: Sequence[Delivery], count: int
) -> Iterator[BenchmarkRow]:
    """Yield the write units of an event over all functions; `recorded` are those of the ledger."""
    worst = recorded + max(single.units for single in singles)
    mean_single = recorded + sum(single.units for single in singles) / len(singles)
    mean = recorded + sum(one.units for one in (*deliveries, *singles)) / count
    yield create_bounded_row("write units, known identity, most", worst, "units", MAX_EVENT_UNITS)
    yield create_bounded_row(
        "write units, known identity, mean", mean_single, "units", MAX_MEAN_UNITS
    )
    yield create_bounded_row("write units, mean of all events", mean, "units", MAX_MEAN_UNITS)
    memory = max(one.mib for one in deliveries)
    yield create_bounded_row("memory of a worker", memory, "MiB", MAX_WORKER_MIB)


def main() -> int:
    """Run the proof."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--identifies", type=int, default=100_000)
    parser.add_argument("--aliases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    return run_proof(partial(prove_load, parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
