"""Delete all profiles and repair them from the ledger, with two kills on the way: `python -m tests.benchmarks.repair_load`."""

import argparse
import sys
from collections.abc import Iterator
from functools import partial
from itertools import batched

from regulars.profiles.repair import repair_profiles
from regulars.store.inventory import Inventory, StoredProfiles
from regulars.store.ledger import Ledger
from tests.benchmarks.crowd import Crowd
from tests.benchmarks.ledger_checks import check_counts, check_differences
from tests.benchmarks.local_aws import create_count_row, measure_seconds, run_proof
from tests.benchmarks.profile_writers import (
    deliver_batches,
    kill_at_write,
    open_profile_stores,
    open_writers,
    read_peak_mib,
)
from tests.benchmarks.rows import BenchmarkRow, create_bounded_row
from tests.support.aws import MotoStack

BATCH_EVENTS = 100
WRITER_COUNT = 2


def prove_repair(arguments: argparse.Namespace, stack: MotoStack) -> Iterator[BenchmarkRow]:
    """Count the events of a crowd, delete the result, and repair it."""
    events = list(Crowd(arguments.people, arguments.seed).draw_events(arguments.events))
    Ledger("test-events", stack.dynamodb).record_events(events)
    with open_writers(WRITER_COUNT) as pool:
        list(deliver_batches(pool, batched(events, BATCH_EVENTS, strict=False)))
    inventory = Inventory("test-events", "test-profiles", stack.dynamodb)
    before = inventory.scan_profiles()
    yield create_bounded_row("items before", delete_profiles(stack), "", None)
    with measure_seconds() as read_seconds:
        for number in (arguments.people, 2 * arguments.people):
            if not kill_at_write(number, repair):
                raise RuntimeError("The repair was done before it could be killed.")
        after_kills = len(inventory.scan_profiles().identities)
        yield create_bounded_row(
            "identities after two kills", after_kills, "", len(before.identities) - 1
        )
        verification = repair_profiles(inventory, open_profile_stores())
    yield create_bounded_row("repair with two kills", read_seconds(), "s", None)
    yield create_bounded_row("memory of the repair", read_peak_mib(), "MiB", None)
    yield create_count_row("differences after the repair", len(verification.differences))
    yield from check_differences(stack)
    yield from check_counts(stack)
    changed = count_changes(before, inventory.scan_profiles())
    yield create_count_row("items that are not what the stream had written", changed)


def repair() -> None:
    """Repair everything."""
    repair_profiles(Inventory("test-events", "test-profiles"), open_profile_stores())


def delete_profiles(stack: MotoStack) -> int:
    """Delete everything of the PROFILES table, and return the number of items."""
    pages = stack.dynamodb.get_paginator("scan").paginate(TableName="test-profiles")
    keys = [
        {name: item[name] for name in ("profile_id", "sk")}
        for page in pages
        for item in page["Items"]
    ]
    Inventory("test-events", "test-profiles", stack.dynamodb).delete_profile_items(keys)
    return len(keys)


def count_changes(before: StoredProfiles, after: StoredProfiles) -> int:
    """Return how many subjects and orders differ, revisions aside."""
    pairs = (
        [
            {name: one.facts for name, one in stored.identities.items()}
            for stored in (before, after)
        ],
        [{name: one.state for name, one in stored.profiles.items()} for stored in (before, after)],
        [
            {name: (one.order, one.holder) for name, one in stored.orders.items()}
            for stored in (before, after)
        ],
    )
    return sum(
        old.get(name) != new.get(name) for old, new in pairs for name in old.keys() | new.keys()
    )


def main() -> int:
    """Run the proof."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    return run_proof(partial(prove_repair, parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
