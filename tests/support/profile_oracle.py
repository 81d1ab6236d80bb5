"""Generate ledgers, deliver them in any sequence, and compare every profile with an oracle."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import strategies as st

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.events import ConsentChange, Event, Item, OrderFact, event_id
from regulars.domain.profiles import encode_state, fold_events, fold_orders, sort_by_strength
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.identity.grouping import ConnectedNames, belongs_to_profile
from regulars.profiles.update import update_profiles
from tests.support.memory_stores import CrashError, MemoryStores

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SUBJECTS = tuple(f"{letter}:{number}" for letter in "uepca" for number in range(3))
KINDS = ("page", "page", "order", "order", "refund", "consent", "trait", "test")


def build_event(number: int, kind: str, subjects: frozenset[str], at: int) -> Event:
    """Return one event of a ledger; `at` determines its times, its order and its content."""
    time = f"2026-11-{at % 20 + 1:02}T10:00:00.000Z"
    facts = {
        "order": OrderFact(key=f"shop/{at % 4}", version=time, total=100 * at, currency="EUR"),
        "refund": OrderFact(key=f"shop/{at % 4}", version=time, refund_id=str(at % 2), refunded=at),
    }
    consent = ConsentChange(channel="email", status=("granted", "denied")[at % 2], at=time)
    return Event(
        id=event_id(str(number)),
        type="Order Completed" if kind in facts else "Page Viewed",
        channel=("web", "shop")[at % 2],
        source="segment/web",
        occurred_at=time,
        received_at=f"2026-11-{(at * 7 + number) % 20 + 1:02}T11:00:00.000Z",
        subjects=sort_by_strength(subjects),
        items=(Item(product_id="p1", quantity=at + 1),),
        order=facts.get(kind),
        consents=(consent,) if kind == "consent" else (),
        traits={"country": str(at % 3)} if kind == "trait" else {},
        test=kind == "test",
    )


EVENT_DRAWS = st.tuples(
    st.sampled_from(KINDS),
    st.frozensets(st.sampled_from(SUBJECTS), max_size=2),
    st.integers(0, 30),
)
LEDGERS = st.lists(EVENT_DRAWS, min_size=5, max_size=40).map(
    lambda drawn: [build_event(number, *fields) for number, fields in enumerate(drawn)]
)


def replace_event(event: Event, chance: random.Random) -> Event:
    """Return other content under the same id, of the same subjects."""
    number = next(number for number in range(40) if event_id(str(number)) == event.id)
    kind = "test" if event.test else chance.choice(("page", "order", "refund", "consent"))
    return build_event(number, kind, frozenset(event.subjects), chance.randrange(30))


@dataclass
class ShuffledStream:
    """Deliver a ledger at least once: shuffled, some events several times, in batches of any size.

    By chance the stream crashes before a write, lets another worker process a whole batch there, or rewrites an event
    that was delivered. As in a shard, no two workers have the same event at the same time.
    """

    events: list[Event]
    random: random.Random
    crash_chance: float = 0
    overtaking_chance: float = 0
    replace_chance: float = 0
    memory: MemoryStores = field(default_factory=MemoryStores)
    pending_batches: list[tuple[EventChange, ...]] = field(default_factory=list)
    active_ids: set[str] = field(default_factory=set)

    def deliver_all(self) -> None:
        """Deliver every batch until nothing is pending."""
        self.memory.ledger.record_events(self.events)
        self.memory.write_hook.before_write = self._run_interference
        events = [*self.events, *self.random.choices(self.events, k=len(self.events) // 2)]
        self.random.shuffle(events)
        while events:
            size = self.random.choice((1, 1, 1, 3, 10, 100))
            self.pending_batches.append(tuple(map(EventChange, events[:size])))
            events = events[size:]
        while self.pending_batches:
            self._deliver_next()

    def _deliver_next(self) -> None:
        batch = self.pending_batches.pop(self.random.randrange(len(self.pending_batches)))
        ids = {change.event.id for change in batch}
        if ids & self.active_ids:
            self.pending_batches.append(batch)
            return
        self.active_ids |= ids
        while not self._deliver_batch(batch):
            pass
        self.active_ids -= ids
        if self.random.random() < self.replace_chance:
            self._replace_event(batch[0].event.id)

    def _deliver_batch(self, batch: Sequence[EventChange]) -> bool:
        try:
            update_profiles(ChangeBatch(tuple(batch)), self.memory.stores, NOW)
        except (CrashError, ConcurrentUpdateError):
            return False
        return True

    def _replace_event(self, id_: str) -> None:
        before = self.memory.ledger.events[id_]
        after = replace_event(before, self.random)
        if not any(change.event.id == id_ for batch in self.pending_batches for change in batch):
            self.memory.ledger.events[id_] = after
            self.pending_batches.append((EventChange(after, before),))

    def _run_interference(self) -> None:
        if self.pending_batches and self.random.random() < self.overtaking_chance:
            self._deliver_next()
        if self.random.random() < self.crash_chance:
            raise CrashError


def group_expected_persons(events: Sequence[Event]) -> dict[tuple[str, ...], list[Event]]:
    """Return the persons of these events by their subjects, each with all their events."""
    connected = ConnectedNames()
    counted_events = [event for event in events if belongs_to_profile(event)]
    for event in counted_events:
        connected.join_names(event.subjects)
    persons: dict[str, tuple[set[str], list[Event]]] = {}
    for event in counted_events:
        root = connected.find_root(event.subject)
        subjects, person_events = persons.setdefault(root, (set(), []))
        subjects.update(event.subjects)
        person_events.append(event)
    return {
        sort_by_strength(subjects): person_events for subjects, person_events in persons.values()
    }


def assert_profiles_folded(memory: MemoryStores) -> None:
    """Assert that every person of the ledger has one profile with the right bytes, subjects and orders."""
    persons = group_expected_persons(list(memory.ledger.events.values()))
    profiles = {profile.subjects: profile for profile in memory.list_live_profiles().values()}
    assert profiles.keys() == persons.keys()
    for subjects, events in persons.items():
        profile = profiles[subjects]
        assert encode_state(profile.state) == encode_state(fold_events(events))
        orders = memory.profiles.read_orders(profile.profile_id)
        assert {key: stored.order for key, stored in orders.items()} == fold_orders(events)
        assert all(
            memory.count_merge_steps(subject, profile.profile_id) <= 2 for subject in subjects
        )
    assert not memory.rejects.stored_rejects


def find_orphan_orders(memory: MemoryStores) -> list[str]:
    """Return the keys of orders that are still stored under merged profiles."""
    merged_ids = memory.profiles.stored_profiles.keys() - memory.list_live_profiles().keys()
    return [key for id_ in merged_ids for key in memory.profiles.read_orders(id_)]
