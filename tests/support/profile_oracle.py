"""Generate ledgers, deliver them in any sequence, and compare every profile with an oracle."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.domain.consent import Consents, combine_consents, read_consents
from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.events import ConsentChange, Event, Item, OrderFact, event_id
from regulars.domain.orders import Order
from regulars.domain.profiles import (
    ProfileState,
    add_events,
    encode_state,
    fold_orders,
    sort_by_strength,
    with_orders,
)
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.identity.grouping import belongs_to_profile
from regulars.profiles.ledger_fold import fold_ledger
from regulars.profiles.update import update_profiles
from regulars.profiles.verify import compare_with_ledger
from tests.support.identity_oracle import (
    find_moment,
    find_owners,
    find_trust,
    list_statement_subjects,
    partition_ledger,
)
from tests.support.memory_stores import CrashError, MemoryStores

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SUBJECTS = tuple(f"{letter}:{number}" for letter in "uepca" for number in range(3))
DECISION_ACTIONS = ("join", "separate", "undo")
SOURCES = ("shopify/main", "segment/web", "shopify/main")
KINDS = ("page", "page", "order", "order", "refund", "consent", "trait", "test")


def build_event(number: int, kind: str, subjects: frozenset[str], at: int) -> Event:
    """Return one event of a ledger; `at` determines its times, its order and its content."""
    time = f"2026-11-{at % 20 + 1:02}T10:00:00.000Z"
    facts = {
        "order": OrderFact(key=f"shop/{at % 4}", version=time, total=100 * at, currency="EUR"),
        "refund": OrderFact(key=f"shop/{at % 4}", version=time, refund_id=str(at % 2), refunded=at),
    }
    consent = ConsentChange(
        channel="email",
        status=("granted", "denied")[at % 2],
        at=time,
        address=("", "e:0", "e:1")[at % 3],
    )
    return Event(
        id=event_id(str(number)),
        type="Order Completed" if kind in facts else "Page Viewed",
        channel=("web", "shop")[at % 2],
        source=SOURCES[number % len(SOURCES)],
        occurred_at=time,
        received_at=f"2026-11-{(at * 7 + number) % 20 + 1:02}T11:00:00.000Z",
        subjects=sort_by_strength(subjects),
        items=(Item(product_id="p1", quantity=at + 1),),
        order=facts.get(kind),
        consents=(consent,) if kind == "consent" else (),
        traits={"country": str(at % 3)} if kind == "trait" else {},
        test=kind == "test",
    )


def build_decision(number: int, kind: str, subjects: frozenset[str], at: int) -> Event:
    """Return a decision of the owner about these subjects; `at` says what an undo undoes."""
    first, *others = [*sort_by_strength(subjects), "e:0", "e:1"]
    sides = {"action": kind, "left": [first], "right": others[:1]}
    undone = {"undoes": event_id(str(at))} if kind == "undo" else {}
    return Event(
        id=event_id(str(number)),
        type="Identity Decided",
        channel="crm",
        source="regulars/owner",
        occurred_at="2026-11-20T11:00:00.000Z",
        received_at=f"2026-11-20T12:00:{number:02}.000Z",
        trust="owner",
        properties=sides | undone,
    )


def build_ledger(draws: list[tuple[str, frozenset[str], int]]) -> list[Event]:
    """Return a ledger in which each undo names the sides of the decision that it undoes."""
    events: list[Event] = []
    for number, (kind, subjects, at) in enumerate(draws):
        build = build_decision if kind in DECISION_ACTIONS else build_event
        event = build(number, kind, subjects, at)
        if kind == "undo":
            undone = [
                other
                for other in events
                if other.id == event.properties["undoes"] and other.trust == "owner"
            ]
            if not undone:
                continue
            sides = {name: undone[0].properties[name] for name in ("left", "right")}
            event = replace(event, properties=event.properties | sides)
        events.append(event)
    return events


EVENT_DRAWS = st.tuples(
    st.sampled_from(KINDS),
    st.frozensets(st.sampled_from(SUBJECTS), max_size=2),
    st.integers(0, 30),
)
LEDGERS = st.lists(EVENT_DRAWS, min_size=12, max_size=40).map(build_ledger)
DECIDED_LEDGERS = st.lists(
    EVENT_DRAWS
    | st.tuples(
        st.sampled_from(DECISION_ACTIONS),
        st.frozensets(st.sampled_from(SUBJECTS), min_size=1, max_size=2),
        st.integers(0, 30),
    ),
    min_size=12,
    max_size=40,
).map(build_ledger)


def replace_event(event: Event, chance: random.Random) -> Event:
    """Return other content under the same id, of the same subjects."""
    number = next(number for number in range(40) if event_id(str(number)) == event.id)
    kind = "test" if event.test else chance.choice(("page", "order", "refund"))
    rewritten = build_event(number, kind, frozenset(event.subjects), chance.randrange(30))
    # The time of receipt stays, because the facts of identity keep the first statement.
    return replace(rewritten, received_at=event.received_at)


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
        if batch[0].event.subjects and self.random.random() < self.replace_chance:
            self._replace_event(batch[0].event.id)

    def _deliver_batch(self, batch: Sequence[EventChange]) -> bool:
        try:
            update_profiles(ChangeBatch(tuple(batch)), self.memory.stores, NOW)
        except (CrashError, ConcurrentUpdateError):
            return False
        return True

    def _replace_event(self, id_: str) -> None:
        before = self.memory.ledger.events[id_]
        if before.consents:
            return  # What was stated once remains a fact.
        after = replace_event(before, self.random)
        if not any(change.event.id == id_ for batch in self.pending_batches for change in batch):
            self.memory.ledger.events[id_] = after
            self.pending_batches.append((EventChange(after, before),))

    def _run_interference(self) -> None:
        if self.pending_batches and self.random.random() < self.overtaking_chance:
            self._deliver_next()
        if self.random.random() < self.crash_chance:
            raise CrashError


def list_held_orders(events: Sequence[Event]) -> dict[str, dict[str, Order]]:
    """Return the orders of the ledger by the subject that holds them, each with all reports of it."""
    owners = find_owners(events)
    reports_by_key: dict[str, list[Event]] = {}
    for event in events:
        if event.order and not event.test:
            reports_by_key.setdefault(event.order.key, []).append(event)
    held: dict[str, dict[str, Order]] = {}
    for key, reports in reports_by_key.items():
        if named := [event for event in reports if event.subjects]:
            best = min(named, key=lambda e: (find_trust(e), *find_moment(e), owners[e.id]))
            held.setdefault(owners[best.id], {})[key] = fold_orders(reports)[key]
    return held


def list_known_consents(subjects: Sequence[str], events: Sequence[Event]) -> Consents:
    """Return what is stated about the addresses of a person, and about the person itself."""
    parts = []
    for event in events:
        stated = Consents() if event.test else read_consents(event)
        names = list_statement_subjects(event)
        persons = [name for name in names if name[0] != "a"] or names
        for field_name in ("statements", "claims"):
            concerned = {
                key: statement
                for key, statement in getattr(stated, field_name).items()
                if {key.split("/")[2]} & {*subjects}
                or (not key.split("/")[2] and {*persons} & {*subjects})
            }
            parts.append(Consents(**{field_name: concerned}))
    return combine_consents(parts)


def assert_profiles_folded(memory: MemoryStores) -> None:
    """Assert that the people are those of the ledger, and each has exactly its events and its orders."""
    events = list(memory.ledger.events.values())
    partition = partition_ledger(events)
    expected = {tuple(sort_by_strength(person)) for person in partition.values()}
    people = memory.list_people()
    assert people.keys() == expected
    counted = [event for event in events if belongs_to_profile(event)]
    owners = find_owners(events)
    held = list_held_orders(events)
    for subjects, person in people.items():
        person_events = [event for event in counted if owners[event.id] in subjects]
        orders = [order for key in subjects for order in held.get(key, {}).values()]
        state = with_orders(add_events(ProfileState(), person_events), orders)
        state = replace(state, consents=list_known_consents(subjects, events))
        assert encode_state(memory.read_person(person).state) == encode_state(state)
    assert not memory.rejects.stored_rejects
    differences = compare_with_ledger(fold_ledger(events), memory.scan_profiles()).differences
    # A rewritten event leaves the facts of its first version.
    assert [difference for difference in differences if difference.part != "identity"] == []
