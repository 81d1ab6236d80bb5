"""Made-up ledgers, and an oracle that says what every profile made of one must be."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import strategies as st

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.events import ConsentChange, Event, Item, OrderFact, event_id
from regulars.domain.profiles import by_strength, encode_state, fold, fold_orders
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.identity.grouping import Components, counts
from regulars.profiles.update import update_profiles
from tests.support.memory_stores import CrashError, Memory

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SUBJECTS = tuple(f"{letter}:{number}" for letter in "uepca" for number in range(3))
KINDS = ("page", "page", "order", "order", "refund", "consent", "trait", "test")


def made(number: int, kind: str, subjects: frozenset[str], at: int) -> Event:
    """One of the events of a ledger; `at` decides its times, its order and what it says."""
    when = f"2026-11-{at % 20 + 1:02}T10:00:00.000Z"
    facts = {
        "order": OrderFact(f"shop/{at % 4}", when, total=100 * at, currency="EUR"),
        "refund": OrderFact(f"shop/{at % 4}", when, refund_id=str(at % 2), refunded=at),
    }
    consent = ConsentChange("email", ("granted", "denied")[at % 2], when)
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
        consents=(consent,) if kind == "consent" else (),
        traits={"country": str(at % 3)} if kind == "trait" else {},
        test=kind == "test",
    )


DRAWN = st.tuples(
    st.sampled_from(KINDS),
    st.frozensets(st.sampled_from(SUBJECTS), max_size=2),
    st.integers(0, 30),
)
LEDGERS = st.lists(DRAWN, min_size=5, max_size=40).map(
    lambda drawn: [made(number, *fields) for number, fields in enumerate(drawn)]
)


def rewritten(event: Event, chance: random.Random) -> Event:
    """Another content under the same id, of the same persons."""
    number = next(number for number in range(40) if event_id(str(number)) == event.id)
    kind = "test" if event.test else chance.choice(("page", "order", "refund", "consent"))
    return made(number, kind, frozenset(event.subjects), chance.randrange(30))


@dataclass
class Stream:
    """Delivers a ledger at least once: shuffled, some events several times, in batches of any size.

    With chance it crashes before a write, lets another worker do a whole batch there, and rewrites an event that was
    delivered; as in a shard, no two workers have the same event at a time.
    """

    events: list[Event]
    chance: random.Random
    crashes: float = 0
    overtakings: float = 0
    rewrites: float = 0
    memory: Memory = field(default_factory=Memory)
    waiting: list[tuple[EventChange, ...]] = field(default_factory=list)
    working: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Deliver everything."""
        self.memory.ledger.record(self.events)
        self.memory.before.write = self._before_write
        told = [*self.events, *self.chance.choices(self.events, k=len(self.events) // 2)]
        self.chance.shuffle(told)
        while told:
            size = self.chance.choice((1, 1, 1, 3, 10, 100))
            self.waiting.append(tuple(map(EventChange, told[:size])))
            told = told[size:]
        while self.waiting:
            self._work()

    def _work(self) -> None:
        batch = self.waiting.pop(self.chance.randrange(len(self.waiting)))
        ids = {change.event.id for change in batch}
        if ids & self.working:
            self.waiting.append(batch)
            return
        self.working |= ids
        while not self._delivered(batch):
            pass
        self.working -= ids
        if self.chance.random() < self.rewrites:
            self._rewrite(batch[0].event.id)

    def _delivered(self, batch: Sequence[EventChange]) -> bool:
        try:
            update_profiles(ChangeBatch(tuple(batch)), self.memory.stores, NOW)
        except (CrashError, ConcurrentUpdateError):
            return False
        return True

    def _rewrite(self, id_: str) -> None:
        before = self.memory.ledger.events[id_]
        after = rewritten(before, self.chance)
        if not any(change.event.id == id_ for batch in self.waiting for change in batch):
            self.memory.ledger.events[id_] = after
            self.waiting.append((EventChange(after, before),))

    def _before_write(self) -> None:
        if self.waiting and self.chance.random() < self.overtakings:
            self._work()
        if self.chance.random() < self.crashes:
            raise CrashError


def components(events: Sequence[Event]) -> dict[tuple[str, ...], list[Event]]:
    """Who belongs together by all events, and all their events."""
    joined = Components()
    counted = [event for event in events if counts(event)]
    for event in counted:
        joined.join(event.subjects)
    people: dict[str, tuple[set[str], list[Event]]] = {}
    for event in counted:
        subjects, told = people.setdefault(joined.root(event.subject), (set(), []))
        subjects.update(event.subjects)
        told.append(event)
    return {by_strength(subjects): told for subjects, told in people.values()}


def assert_folded(memory: Memory) -> None:
    """Every person of the ledger has one profile, and of it the bytes, the subjects and the orders are right."""
    people = components(list(memory.ledger.events.values()))
    live = {profile.subjects: profile for profile in memory.live().values()}
    assert live.keys() == people.keys()
    for subjects, told in people.items():
        profile = live[subjects]
        assert encode_state(profile.state) == encode_state(fold(told))
        stored = memory.profiles.orders(profile.profile_id)
        assert {key: one.order for key, one in stored.items()} == fold_orders(told)
        assert all(memory.hops(subject, profile.profile_id) <= 2 for subject in subjects)
    assert not memory.rejects.kept


def left_behind(memory: Memory) -> list[str]:
    """The orders still stored under profiles that were merged away."""
    merged = memory.profiles.stored.keys() - memory.live().keys()
    return [key for id_ in merged for key in memory.profiles.orders(id_)]
