"""The stores a profile is made of, in memory and with the adapters' contract, for tests that need thousands of runs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.events import Event
from regulars.domain.profiles import Profile
from regulars.store.ledger import Ledger, RecordedEvents
from regulars.store.people import People
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import Profiles, StoredOrder
from regulars.store.rejects import Reject, Rejects


class CrashError(BaseException):
    """The worker is gone; only what was written before remains."""


@dataclass
class Before:
    """Called before every write; a test sets `write` to crash there or to let another worker go first."""

    write: Callable[[], None] = field(default=lambda: None)
    writes: int = 0

    def __call__(self) -> None:
        """Count the write that is about to happen."""
        self.writes += 1
        self.write()


class MemoryPeople(People):
    """PEOPLE: pointers only."""

    def __init__(self, before: Before | None = None) -> None:
        self.pointed: dict[str, str] = {}
        self._before = before or Before()

    def read_pointers(self, subjects: Iterable[str]) -> dict[str, str]:
        return {key: self.pointed[key] for key in subjects if key in self.pointed}

    def point_subject(self, subject: str, profile_id: str, expected: str | None) -> bool:
        self._before()
        if self.pointed.get(subject) != expected:
            return False
        self.pointed[subject] = profile_id
        return True


class MemoryProfiles(Profiles):
    """PROFILES: profiles, orders and pages of ids."""

    def __init__(self, before: Before | None = None) -> None:
        self.stored: dict[str, Profile] = {}
        self.stored_orders: dict[str, dict[str, StoredOrder]] = {}
        self.pages: dict[tuple[str, int], tuple[str, ...]] = {}
        self._before = before or Before()

    def read_profiles(self, profile_ids: Iterable[str]) -> dict[str, Profile]:
        return {id_: self.stored[id_] for id_ in profile_ids if id_ in self.stored}

    def write_profile(self, profile: Profile) -> None:
        self._before()
        known = self.stored.get(profile.profile_id)
        if (known.rev if known else 0) != profile.rev - 1:
            raise ConcurrentUpdateError
        self.stored[profile.profile_id] = profile

    def spill_applied_ids(self, profile: Profile) -> None:
        self._before()
        self.pages[profile.profile_id, profile.rev] = profile.applied

    def read_spilled_ids(self, profile_id: str) -> set[str]:
        pages = [ids for (owner, _), ids in self.pages.items() if owner == profile_id]
        return {id_ for ids in pages for id_ in ids}

    def read_orders(self, profile_id: str) -> dict[str, StoredOrder]:
        return dict(self.stored_orders.get(profile_id, {}))

    def write_order(self, profile_id: str, key: str, stored: StoredOrder) -> None:
        self._before()
        orders = self.stored_orders.setdefault(profile_id, {})
        if orders.get(key, StoredOrder()).rev != stored.rev - 1:
            raise ConcurrentUpdateError
        orders[key] = stored

    def delete_order(self, profile_id: str, key: str, rev: int) -> None:
        self._before()
        if self.read_orders(profile_id).get(key, StoredOrder()).rev != rev:
            raise ConcurrentUpdateError
        del self.stored_orders[profile_id][key]

    def delete_derived_items(self, profile_id: str) -> None:
        for key in self.read_orders(profile_id):
            self._before()
            self.stored_orders[profile_id].pop(key, None)


class MemoryLedger(Ledger):
    """EVENTS by id; the index is not needed to keep a profile, so it fails."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}

    def record_events(self, events: Sequence[Event]) -> RecordedEvents:
        new = [event for event in events if event.id not in self.events]
        self.events |= {event.id: event for event in new}
        return RecordedEvents(tuple(event.id for event in new))

    def read_events(self, ids: Sequence[str]) -> list[Event]:
        return [self.events[id_] for id_ in ids if id_ in self.events]

    def list_event_ids(self, subject: str) -> list[str]:
        raise AssertionError(subject)


class MemoryRejects(Rejects):
    """REJECTS as a list."""

    def __init__(self) -> None:
        self.kept: list[Reject] = []

    def store_rejects(self, rejects: Sequence[Reject], at: datetime) -> None:  # noqa: ARG002
        self.kept.extend(rejects)


@dataclass
class Memory:
    """All of them, for one run."""

    before: Before = field(default_factory=Before)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    rejects: MemoryRejects = field(default_factory=MemoryRejects)
    people: MemoryPeople = field(init=False)
    profiles: MemoryProfiles = field(init=False)

    def __post_init__(self) -> None:
        self.people = MemoryPeople(self.before)
        self.profiles = MemoryProfiles(self.before)

    @property
    def stores(self) -> ProfileStores:
        """As the use cases take them."""
        return ProfileStores(
            people=self.people, profiles=self.profiles, ledger=self.ledger, rejects=self.rejects
        )

    def live(self) -> Mapping[str, Profile]:
        """The profiles that were not merged away."""
        stored = self.profiles.stored.items()
        return {id_: profile for id_, profile in stored if not profile.merged_into}

    def hops(self, subject: str, profile_id: str) -> int:
        """Through how many profiles merged away a subject leads to the profile."""
        at, hops = self.people.pointed[subject], 0
        while at != profile_id:
            at, hops = self.profiles.stored[at].merged_into, hops + 1
        return hops
