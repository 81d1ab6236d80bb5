"""Let 64 workers update overlapping people at the same time: `python -m tests.benchmarks.identity_races`.

Every event is delivered at least once, in no order; every third batch twice, at the same time to two workers.
"""

import argparse
import random
import sys
from collections.abc import Iterator
from functools import partial
from itertools import batched

from regulars.domain.events import Event
from regulars.store.ledger import Ledger
from tests.benchmarks.crowd import Crowd
from tests.benchmarks.ledger_checks import check_counts, check_differences, check_people
from tests.benchmarks.local_aws import measure_seconds, run_proof
from tests.benchmarks.profile_writers import deliver_batches, open_writers
from tests.benchmarks.rows import BenchmarkRow, create_bounded_row
from tests.support.aws import MotoStack

BATCH_EVENTS = 10


def prove_races(arguments: argparse.Namespace, stack: MotoStack) -> Iterator[BenchmarkRow]:
    """Record what a crowd does, deliver it to all workers, and compare the result with the ledger."""
    crowd = Crowd(arguments.people, arguments.seed)
    events = list(crowd.draw_events(arguments.events))
    Ledger("test-events", stack.dynamodb).record_events(events)
    batches = draw_batches(events, arguments.seed)
    with open_writers(arguments.workers) as pool, measure_seconds() as read_seconds:
        deliveries = list(deliver_batches(pool, batches))
    yield create_bounded_row("subjects", len(crowd.list_subjects()), "", None)
    yield create_bounded_row("delivered batches", len(deliveries), "", None)
    lost_writes = sum(delivery.lost_writes for delivery in deliveries)
    yield create_bounded_row("writes that another worker was faster with", lost_writes, "", None)
    yield create_bounded_row("events a second", len(events) / read_seconds(), "", None)
    yield from check_differences(stack)
    yield from check_counts(stack)
    yield from check_people(stack)


def draw_batches(events: list[Event], seed: int) -> list[tuple[Event, ...]]:
    """Return the events in batches, in no order; every third batch is followed by itself."""
    generator = random.Random(seed)
    shuffled = generator.sample(events, len(events))
    batches = [*batched(shuffled, BATCH_EVENTS, strict=False)]
    return [batch for number, batch in enumerate(batches) for _ in range(1 if number % 3 else 2)]


def main() -> int:
    """Run the proof."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--events", type=int, default=6_000)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    return run_proof(partial(prove_races, parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
