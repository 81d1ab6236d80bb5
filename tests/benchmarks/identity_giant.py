"""Give one person 1,000 merges and 10,000 aliases, and read it: `python -m tests.benchmarks.identity_giant`.

The aliases name devices, former user ids and addresses, of which the limits park most.
"""

import argparse
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import batched, cycle
from typing import Any

import pytest
from botocore.client import BaseClient

from regulars.admin.people import PeopleStores
from regulars.domain.events import Event
from regulars.identity.decisions import build_decision_event
from regulars.profiles.decision_requests import (
    MAX_JOIN_NAMES,
    DecisionRequest,
    propose_decision,
)
from regulars.profiles.served_profiles import ScoredProfile
from regulars.store.identity_codec import encode_facts
from regulars.store.inventory import Inventory
from regulars.store.ledger import Ledger
from tests.benchmarks.crowd import build_statement, compute_time, name_subject
from tests.benchmarks.ledger_checks import check_counts, check_differences, check_people
from tests.benchmarks.local_aws import measure_seconds, print_progress, run_proof
from tests.benchmarks.profile_writers import deliver_batches, open_writers
from tests.benchmarks.rows import BenchmarkRow, create_bounded_row
from tests.support.aws import MotoStack
from tests.support.deployment import build_deployment

BATCH_EVENTS = 100
WRITER_COUNT = 1  # as the stream of one person has
MAX_CPU_SECONDS = 5  # the time of a clock says little on a shared machine
MAX_ITEM_KIB = 400
PEOPLE_SAMPLE = 4
ALIAS_KINDS = "aaaaaaaaue"  # of ten aliases, eight name a device


def prove_giant(arguments: argparse.Namespace, stack: MotoStack) -> Iterator[BenchmarkRow]:
    """Deliver all statements and decisions, and compare the person with the pure function."""
    events = list(draw_events(arguments))
    Ledger("test-events", stack.dynamodb).record_events(events)
    random.Random(arguments.seed).shuffle(events)
    with open_writers(WRITER_COUNT) as pool, measure_seconds() as read_seconds:
        batches = batched(events, BATCH_EVENTS, strict=False)
        for number, _ in enumerate(deliver_batches(pool, batches), 1):
            print_progress("events", number * BATCH_EVENTS, len(events))
    yield create_bounded_row("deliver the events", read_seconds(), "s", None)
    yield create_bounded_row("largest identity", measure_largest(stack), "KiB", MAX_ITEM_KIB)
    people = PeopleStores.from_deployment(build_deployment())
    person, rows = measure_read(people)
    yield create_bounded_row("subjects of the person", len(person.subjects), "", None)
    yield from rows
    yield measure_merge(people, person, arguments.merges + 1)
    yield from check_differences(stack)
    yield from check_counts(stack)
    yield from check_people(stack, PEOPLE_SAMPLE)


def draw_events(arguments: argparse.Namespace) -> Iterator[Event]:
    """Yield the birth of all people, the merges in the names that the owner's door gives them, and the aliases."""
    numbers = iter(range(2 * (arguments.merges + 1) + arguments.aliases))
    users = [name_subject("u", person) for person in range(arguments.merges + 2)]
    for person, user in enumerate(users):
        subjects = (user, name_subject("e", person))
        yield build_statement(next(numbers), "Identified", subjects, "server")
    for count in range(1, arguments.merges + 1):
        left = sorted(users[:count])[:MAX_JOIN_NAMES]
        yield build_decision_event("join", left, [users[count]], compute_time(next(numbers)))
    for number, letter in zip(range(arguments.aliases), cycle(ALIAS_KINDS)):
        subjects = (users[0], name_subject(letter, "alias", number))
        yield build_statement(next(numbers), "Aliased", subjects, "server")


def measure_read(people: PeopleStores) -> tuple[ScoredProfile, list[BenchmarkRow]]:
    """Return the person, and what it takes to read it by its id with nothing remembered."""
    profile_id = find_person(people, 0).profile_id
    fresh = PeopleStores.from_deployment(build_deployment())
    calls = list[int]()
    send = BaseClient._make_api_call  # type: ignore[attr-defined]

    def count_items(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        tables = parameters.get("RequestItems", {}).values()
        calls.append(sum(len(table["Keys"]) for table in tables) or 1)
        return send(client, operation, parameters)

    with pytest.MonkeyPatch.context() as patch, measure_seconds() as read_seconds:
        patch.setattr(BaseClient, "_make_api_call", count_items)
        begin = time.process_time()
        person = fresh.directory.require_person(profile_id)
        cpu_seconds = time.process_time() - begin
    bound = 4 * (len(person.subjects) + MAX_ITEM_KIB)
    return person, [
        create_bounded_row("GET of the person", read_seconds(), "s", None),
        create_bounded_row("CPU of it", cpu_seconds, "s", MAX_CPU_SECONDS),
        create_bounded_row("keys that it reads", sum(calls), "", bound),
        create_bounded_row("calls that it sends", len(calls), "", None),
    ]


def measure_merge(people: PeopleStores, person: ScoredProfile, number: int) -> BenchmarkRow:
    """Return what it takes to propose the merge with the person who has this number."""
    other = find_person(people, number)
    request = DecisionRequest(action="merge", people=(person.profile_id, other.profile_id))
    begin = time.process_time()
    propose_decision(request, people.directory, people.decisions, datetime.now(UTC))
    cpu_seconds = time.process_time() - begin
    return create_bounded_row("CPU to propose one merge more", cpu_seconds, "s", MAX_CPU_SECONDS)


def find_person(people: PeopleStores, number: int) -> ScoredProfile:
    """Return a person by the user id."""
    return people.directory.require_person("", [name_subject("u", number)])


def measure_largest(stack: MotoStack) -> float:
    """Return the size of the largest facts of a subject, in KiB."""
    stored = Inventory("test-events", "test-profiles", stack.dynamodb).scan_profiles()
    return max(len(encode_facts(one.facts)) for one in stored.identities.values()) / 1024


def main() -> int:
    """Run the proof."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--merges", type=int, default=1_000)
    parser.add_argument("--aliases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    return run_proof(partial(prove_giant, parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
