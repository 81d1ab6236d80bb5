"""A profile is the fold of its ledger: whatever the order, the repetition, the batches, the crashes and the races."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.events import ConsentChange, Event, Item, OrderFact, event_id
from regulars.domain.profiles import by_strength, encode_state, fold, fold_orders
from regulars.edge.streams import Batch, Change
from regulars.profiling import folding, update_profiles, writing
from regulars.profiling.persons import Components, counts
from tests.memory import CrashError, Memory

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SUBJECTS = tuple(f"{letter}:{number}" for letter in "uepca" for number in range(3))
KINDS = ("page", "page", "order", "order", "refund", "consent", "trait", "test")


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting, and ids put aside so early that it matters in a short run."""
    monkeypatch.setattr(writing, "back_off", lambda _: None)
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


PROPERTY = settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
EVENT = st.tuples(
    st.sampled_from(KINDS),
    st.frozensets(st.sampled_from(SUBJECTS), max_size=2),
    st.integers(0, 30),
)
EVENTS = st.lists(EVENT, min_size=5, max_size=40).map(
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


def deliver(memory: Memory, events: Sequence[Event], *changes: Change) -> None:
    """As a stream does: a batch that failed comes again."""
    batch = (*map(Change, events), *changes)
    while True:
        try:
            update_profiles(Batch(batch), memory.stores, NOW)
        except (CrashError, ConcurrentUpdateError):
            continue
        return


def deliveries(events: Sequence[Event], chance: random.Random) -> list[list[Event]]:
    """The events shuffled, some of them several times, in batches of any size."""
    told = [*events, *chance.choices(events, k=len(events) // 2)]
    chance.shuffle(told)
    batches = []
    while told:
        size = chance.choice((1, 1, 1, 3, 10, 100))
        batches.append(told[:size])
        told = told[size:]
    return batches


def assert_folded(memory: Memory, events: list[Event]) -> None:
    """Every person of the oracle has one profile: its bytes, its subjects and its orders, and nothing is left over."""
    people = components(events)
    live = {tuple(sorted(one.subjects)): one for one in memory.live().values()}
    assert live.keys() == people.keys()
    for subjects, told in people.items():
        profile = live[subjects]
        assert encode_state(profile.state) == encode_state(fold(told))
        stored = memory.profiles.stored_orders.pop(profile.profile_id, {})
        assert {key: one.order for key, one in stored.items()} == fold_orders(told)
        assert all(memory.hops(subject, profile.profile_id) <= 2 for subject in subjects)
    assert not any(memory.profiles.stored_orders.values())
    assert not memory.rejects.kept


def told(events: list[Event]) -> Memory:
    memory = Memory()
    memory.ledger.record(events)
    return memory


@PROPERTY
@given(EVENTS, st.randoms(use_true_random=False))
def test_profile_is_the_fold_of_its_events_in_any_order(
    events: list[Event], chance: random.Random
) -> None:
    memory = told(events)
    for batch in deliveries(events, chance):
        deliver(memory, batch)
    assert_folded(memory, events)


@PROPERTY
@given(EVENTS, st.randoms(use_true_random=False))
def test_profile_is_the_fold_of_its_events_when_workers_crash(
    events: list[Event], chance: random.Random
) -> None:
    memory = told(events)
    memory.before.write = crashing(chance)
    for batch in deliveries(events, chance):
        deliver(memory, batch)
    assert_folded(memory, events)


@PROPERTY
@given(EVENTS, st.randoms(use_true_random=False))
def test_profile_is_the_fold_of_its_events_when_workers_race(
    events: list[Event], chance: random.Random
) -> None:
    """Before any write another worker may do a whole batch, and be overtaken itself."""
    memory = told(events)
    waiting = deliveries(events, chance)

    def overtake() -> None:
        if waiting and chance.random() < 0.2:
            deliver(memory, waiting.pop())

    memory.before.write = overtake
    while waiting:
        deliver(memory, waiting.pop())
    assert_folded(memory, events)


@PROPERTY
@given(EVENTS, st.randoms(use_true_random=False))
def test_profile_is_the_fold_of_its_events_when_some_are_rewritten(
    events: list[Event], chance: random.Random
) -> None:
    memory = told(events)
    memory.before.write = crashing(chance)
    for batch in deliveries(events, chance):
        deliver(memory, batch)
        deliver(memory, [], *(rewritten(memory, event, chance) for event in batch[:2]))
    assert_folded(memory, list(memory.ledger.events.values()))


def rewritten(memory: Memory, event: Event, chance: random.Random) -> Change:
    """Another content under the same id, of the same person."""
    before = memory.ledger.events[event.id]
    number = next(number for number in range(40) if event_id(str(number)) == event.id)
    kind = "test" if before.test else chance.choice(("page", "order", "refund", "consent"))
    after = made(number, kind, frozenset(before.subjects), chance.randrange(30))
    memory.ledger.events[event.id] = after
    return Change(after, before)


def crashing(chance: random.Random) -> Callable[[], None]:
    def crash() -> None:
        if chance.random() < 0.2:
            raise CrashError

    return crash
