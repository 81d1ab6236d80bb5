"""Merge two people with 1,000 events each, and kill the worker at every write: `python -m tests.benchmarks.identity_merge`."""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import batched

from regulars.admin.people import PeopleStores
from regulars.domain.events import Event, OrderFact
from regulars.profiles.decision_requests import DecisionRequest, propose_decision
from regulars.profiles.served_profiles import ScoredProfile
from regulars.store.ledger import Ledger
from tests.benchmarks.crowd import build_statement, name_subject
from tests.benchmarks.ledger_checks import check_counts, check_differences, check_people
from tests.benchmarks.local_aws import create_count_row, measure_seconds, run_proof
from tests.benchmarks.profile_writers import (
    deliver_batches,
    kill_at_write,
    open_writers,
    update_once,
)
from tests.benchmarks.rows import BenchmarkRow, create_bounded_row
from tests.support.aws import MotoStack
from tests.support.deployment import build_deployment

MAX_MERGE_SECONDS = 5
BATCH_EVENTS = 100
USER_IDS = 6  # that make an address worthless


def prove_merge(arguments: argparse.Namespace, stack: MotoStack) -> Iterator[BenchmarkRow]:
    """Merge, undo and merge again, then let an address become worthless, the last two with interruptions."""
    people = PeopleStores.from_deployment(build_deployment())
    for person in ("anna", "berta"):
        deliver(stack, build_history(person, arguments.events))
    ids = tuple(find_person(people, person).profile_id for person in ("anna", "berta"))
    with measure_seconds() as read_seconds:
        decision = decide(people, DecisionRequest(action="merge", people=ids))
        deliver(stack, [decision])
        wait_for_events(people, ids, 2 * arguments.events)
    yield create_bounded_row("merge until both ids show it", read_seconds(), "s", MAX_MERGE_SECONDS)
    with measure_seconds() as read_seconds:
        deliver(stack, [decide(people, DecisionRequest(action="undo", decision=decision.id))])
        wait_for_events(people, ids, arguments.events)
    yield create_bounded_row("undo until both ids show it", read_seconds(), "s", MAX_MERGE_SECONDS)
    again = decide(people, DecisionRequest(action="merge", people=ids))
    yield create_bounded_row("kills while it merged again", kill_at_every_write(again), "", None)
    wait_for_events(people, ids, 2 * arguments.events)
    yield from check_everything(stack)
    worthless = build_shared_address(stack, 10 * arguments.events)
    with measure_seconds() as read_seconds:
        kills = sum(map(kill_at_every_write, worthless))
    yield create_bounded_row("kills while an address became worthless", kills, "", None)
    yield create_bounded_row("the same with all repetitions", read_seconds(), "s", None)
    yield from check_everything(stack)


def build_history(person: str, count: int) -> list[Event]:
    """Return the events of a person: every fifth is an order, every other one names an address instead of the user id."""
    user, email, device = (name_subject(letter, person) for letter in "uea")
    first = build_statement(_number(person, 0), "Identified", (user, email, device), "server")
    return [first] + [
        build_statement(
            _number(person, number),
            "Order Updated" if number % 5 == 0 else "Page Viewed",
            (email, device) if number % 2 else (user, device),
            "server",
            order=_build_order(person, number) if number % 5 == 0 else None,
        )
        for number in range(1, count)
    ]


def build_shared_address(stack: MotoStack, first: int) -> list[Event]:
    """Record events in which other users have Anna's address, and return them."""
    email = name_subject("e", "anna")
    events = [
        build_statement(
            first + number, "Identified", (name_subject("u", "other", number), email), "server"
        )
        for number in range(USER_IDS)
    ]
    Ledger("test-events", stack.dynamodb).record_events(events)
    return events


def deliver(stack: MotoStack, events: Sequence[Event]) -> None:
    """Record events and deliver them to one worker, until profiles show them."""
    Ledger("test-events", stack.dynamodb).record_events(events)
    with open_writers(1) as pool:
        list(deliver_batches(pool, batched(events, BATCH_EVENTS, strict=False)))


def decide(people: PeopleStores, request: DecisionRequest) -> Event:
    """Record what the owner asks for, and return the event."""
    now = datetime.now(UTC)
    proposed = propose_decision(request, people.directory, people.decisions, now)
    people.decisions.record_decision(proposed)
    return proposed.event


def kill_at_every_write(event: Event) -> int:
    """Deliver an event to workers that are killed at their first, second, third write …, and return the number of kills."""
    kills = 0
    while kill_at_write(kills + 1, update_once, [event]):
        kills += 1
    return kills


def find_person(people: PeopleStores, person: str) -> ScoredProfile:
    """Return a person by the user id."""
    return people.directory.require_person("", [name_subject("u", person)])


def wait_for_events(people: PeopleStores, ids: Sequence[str], count: int) -> None:
    """Wait until each of the ids shows a person with so many events; raise TimeoutError."""
    deadline = time.monotonic() + 10 * MAX_MERGE_SECONDS
    while {people.directory.require_person(id_).state.events for id_ in ids} != {count}:
        if time.monotonic() > deadline:
            raise TimeoutError(f"The profiles do not show {count} events.")


def check_everything(stack: MotoStack) -> Iterator[BenchmarkRow]:
    """Yield the violations of all invariants together."""
    checks = (check_differences, check_counts, check_people)
    broken = [int(row.value or 0) for check in checks for row in check(stack)]
    yield create_count_row("violations of the invariants", sum(broken))


def _build_order(person: str, number: int) -> OrderFact:
    return OrderFact(key=f"shop/{person}-{number}", version="1", total=990, currency="EUR")


def _number(person: str, number: int) -> int:
    return 2 * number + (person == "berta")


def main() -> int:
    """Run the proof."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000)
    return run_proof(partial(prove_merge, parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
