"""Keep the stores of profiles in memory, with the contract of the adapters, for tests of thousands of runs."""

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
    """A simulated crash of a worker: only what was written before remains."""


@dataclass
class WriteHook:
    """A hook before every write; a test sets `before_write` to crash there or to run another worker first."""

    before_write: Callable[[], None] = field(default=lambda: None)
    write_count: int = 0

    def __call__(self) -> None:
        """Count the next write and call the hook."""
        self.write_count += 1
        self.before_write()


class MemoryPeople(People):
    """The PEOPLE table in memory, pointers only."""

    def __init__(self, write_hook: WriteHook | None = None) -> None:
        self.stored_pointers: dict[str, str] = {}
        self._write_hook = write_hook or WriteHook()

    def read_pointers(self, subjects: Iterable[str]) -> dict[str, str]:
        return {key: self.stored_pointers[key] for key in subjects if key in self.stored_pointers}

    def point_subject(self, subject: str, profile_id: str, expected: str | None) -> bool:
        self._write_hook()
        if self.stored_pointers.get(subject) != expected:
            return False
        self.stored_pointers[subject] = profile_id
        return True


class MemoryProfiles(Profiles):
    """The PROFILES table in memory: profiles, orders and spilled ids."""

    def __init__(self, write_hook: WriteHook | None = None) -> None:
        self.stored_profiles: dict[str, Profile] = {}
        self.stored_orders: dict[str, dict[str, StoredOrder]] = {}
        self.spilled_ids: dict[tuple[str, int], tuple[str, ...]] = {}
        self._write_hook = write_hook or WriteHook()

    def read_profiles(self, profile_ids: Iterable[str]) -> dict[str, Profile]:
        return {
            id_: self.stored_profiles[id_] for id_ in profile_ids if id_ in self.stored_profiles
        }

    def write_profile(self, profile: Profile) -> None:
        self._write_hook()
        stored = self.stored_profiles.get(profile.profile_id)
        if (stored.rev if stored else 0) != profile.rev - 1:
            raise ConcurrentUpdateError
        self.stored_profiles[profile.profile_id] = profile

    def spill_applied_ids(self, profile: Profile) -> None:
        self._write_hook()
        self.spilled_ids[profile.profile_id, profile.rev] = profile.applied

    def read_spilled_ids(self, profile_id: str) -> set[str]:
        pages = [ids for (owner, _), ids in self.spilled_ids.items() if owner == profile_id]
        return {id_ for ids in pages for id_ in ids}

    def read_orders(self, profile_id: str) -> dict[str, StoredOrder]:
        return dict(self.stored_orders.get(profile_id, {}))

    def write_order(self, profile_id: str, key: str, stored: StoredOrder) -> None:
        self._write_hook()
        orders = self.stored_orders.setdefault(profile_id, {})
        if orders.get(key, StoredOrder()).rev != stored.rev - 1:
            raise ConcurrentUpdateError
        orders[key] = stored

    def delete_order(self, profile_id: str, key: str, rev: int) -> None:
        self._write_hook()
        if self.read_orders(profile_id).get(key, StoredOrder()).rev != rev:
            raise ConcurrentUpdateError
        del self.stored_orders[profile_id][key]

    def delete_derived_items(self, profile_id: str) -> None:
        for key in self.read_orders(profile_id):
            self._write_hook()
            self.stored_orders[profile_id].pop(key, None)


class MemoryLedger(Ledger):
    """The EVENTS table in memory; its index fails, because the update of profiles must not need it."""

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
    """The REJECTS table in memory."""

    def __init__(self) -> None:
        self.stored_rejects: list[Reject] = []

    def store_rejects(self, rejects: Sequence[Reject], at: datetime) -> None:  # noqa: ARG002
        self.stored_rejects.extend(rejects)


@dataclass
class MemoryStores:
    """All stores of one run."""

    write_hook: WriteHook = field(default_factory=WriteHook)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    rejects: MemoryRejects = field(default_factory=MemoryRejects)
    people: MemoryPeople = field(init=False)
    profiles: MemoryProfiles = field(init=False)

    def __post_init__(self) -> None:
        self.people = MemoryPeople(self.write_hook)
        self.profiles = MemoryProfiles(self.write_hook)

    @property
    def stores(self) -> ProfileStores:
        """The stores as the use cases expect them."""
        return ProfileStores(
            people=self.people, profiles=self.profiles, ledger=self.ledger, rejects=self.rejects
        )

    def list_live_profiles(self) -> Mapping[str, Profile]:
        """Return the profiles that were not merged into another."""
        stored = self.profiles.stored_profiles.items()
        return {id_: profile for id_, profile in stored if not profile.merged_into}

    def count_merge_steps(self, subject: str, profile_id: str) -> int:
        """Return through how many merged profiles a subject leads to the profile."""
        current_id, steps = self.people.stored_pointers[subject], 0
        while current_id != profile_id:
            current_id, steps = self.profiles.stored_profiles[current_id].merged_into, steps + 1
        return steps
