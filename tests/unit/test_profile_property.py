"""A profile is the fold of its ledger: whatever the order, the repetition, the batches, the crashes and the races."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.events import ConsentChange, Event, Item, OrderFact, event_id
from regulars.domain.profiles import by_strength, encode_state, fold
from regulars.edge.streams import Batch, Change
from regulars.profiling import folding, update_profiles, writing
from regulars.profiling.persons import Components, counts
from tests.memory import CrashError, Memory

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SUBJECTS = ("u:ann", "u:bob", "e:ann", "e:bob", "p:ann", "c:ann", "a:1", "a:2", "a:3")
KINDS = ("page", "page", "order", "order", "refund", "consent", "trait", "test")


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting, and ids put aside so early that it matters in a short run."""
    monkeypatch.setattr(writing, "back_off", lambda attempt: None)
    monkeypatch.setattr(folding, "RING", 3)


def made(number: int, kind: str, subjects: frozenset[str], at: int) -> Event:
    """One of the events a property is told with; `at` decides its times, its order and what it says."""
    when = f"2026-11-{at % 20 + 1:02}T10:00:00.000Z"
    facts = {
        "order": OrderFact(f"shop/{at % 4}", when, total=100 * at, currency="EUR"),
        "refund": OrderFact(f"shop/{at % 4}", when, refund_id=str(at % 2), refunded=at),
    }
    return Event(
        id=event_id(str(number)),
        type="Order Completed" if kind in facts else "Page Viewed",
        channel=("web", "shop")[at % 2],
        source="segment/web",
        occurred_at=when,
        received_at=f"2026-11-{(at * 7 + number) % 20 + 1:02}T11:00:00.000Z",
        subjects=by_strength(subjects),
        items=(Item("p1", quantity=at + 1),),
        order=facts.get(kind),
        consents=(ConsentChange("email", ("granted", "denied")[at % 2], when),)
        * (kind == "consent"),
        traits={"country": str(at % 3)} if kind == "trait" else {},
        test=kind == "test",
    )


EVENT = st.tuples(
    st.sampled_from(KINDS),
    st.frozensets(st.sampled_from(SUBJECTS), max_size=2),
    st.integers(0, 30),
)
EVENTS = st.lists(EVENT, min_size=1, max_size=40).map(
    lambda drawn: [made(number, *fields) for number, fields in enumerate(drawn)]
)


def components(events: list[Event]) -> dict[tuple[str, ...], list[Event]]:
    """The oracle: who belongs together by all events, and all their events."""
    joined = Components()
    counted = [event for event in events if counts(event)]
    for event in counted:
        joined.join(event.subjects)
    people: dict[str, tuple[set[str], list[Event]]] = {}
    for event in counted:
        subjects, told = people.setdefault(joined.root(event.subject), (set(), []))
        subjects.update(event.subjects)
        told.append(event)
    return {tuple(sorted(subjects)): told for subjects, told in people.values()}


def expected(events: list[Event]) -> dict[tuple[str, ...], bytes]:
    people = components(events)
    return {subjects: encode_state(fold(told)) for subjects, told in people.items()}


def held(memory: Memory) -> dict[tuple[str, ...], bytes]:
    profiles = memory.live().values()
    return {tuple(sorted(one.subjects)): encode_state(one.state) for one in profiles}


def deliver(memory: Memory, events: list[Event]) -> None:
    update_profiles(Batch(tuple(map(Change, events))), memory.stores, NOW)


def deliveries(events: list[Event], seed: int) -> Iterator[list[Event]]:
    """The events shuffled, some of them several times, in batches of any size."""
    chance = random.Random(seed)
    told = events + chance.choices(events, k=len(events) // 2)
    chance.shuffle(told)
    while told:
        size = chance.choice((1, 1, 3, 10, 100))
        yield told[:size]
        told = told[size:]


def deliver_until_done(memory: Memory, events: list[Event]) -> None:
    """As a stream does: a batch that failed comes again, at once or when everything else was delivered."""
    while True:
        try:
            return deliver(memory, events)
        except (CrashError, ConcurrentUpdateError):
            continue


@settings(max_examples=300, deadline=None)
@given(EVENTS, st.integers())
def test_profile_is_the_fold_of_its_events_in_any_order(events: list[Event], seed: int) -> None:
    memory = Memory()
    memory.ledger.record(events)
    for batch in deliveries(events, seed):
        deliver(memory, batch)
    assert held(memory) == expected(events)


@settings(max_examples=300, deadline=None)
@given(EVENTS, st.integers(), st.lists(st.integers(1, 60), max_size=6))
def test_profile_is_the_fold_of_its_events_when_workers_crash(
    events: list[Event], seed: int, crashes: list[int]
) -> None:
    memory = Memory()
    memory.ledger.record(events)
    crashing = sorted(crashes, reverse=True)

    def crash() -> None:
        if crashing and memory.before.writes >= crashing[-1]:
            crashing.pop()
            raise CrashError

    memory.before.write = crash
    for batch in deliveries(events, seed):
        deliver_until_done(memory, batch)
    assert held(memory) == expected(events)


@settings(max_examples=300, deadline=None)
@given(EVENTS, st.integers(), st.lists(st.integers(1, 60), max_size=6))
def test_profile_is_the_fold_of_its_events_when_workers_race(
    events: list[Event], seed: int, overtakings: list[int]
) -> None:
    """Before some writes another worker does a whole batch, or begins one and is overtaken itself."""
    memory = Memory()
    memory.ledger.record(events)
    waiting = list(deliveries(events, seed))
    turns = sorted(overtakings, reverse=True)

    def overtake() -> None:
        if turns and waiting and memory.before.writes >= turns[-1]:
            turns.pop()
            deliver_until_done(memory, waiting.pop())

    memory.before.write = overtake
    while waiting:
        deliver_until_done(memory, waiting.pop())
    assert held(memory) == expected(events)
