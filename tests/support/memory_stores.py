"""Keep the stores of profiles in memory, with the contract of the adapters, for tests of thousands of runs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.events import Event
from regulars.domain.identity_facts import IdentityFacts
from regulars.domain.profiles import SubjectProfile
from regulars.identity.people import Person, find_people
from regulars.profiles.served_profiles import ScoredProfile, combine_person_state
from regulars.store.inventory import StoredProfiles
from regulars.store.ledger import Ledger, RecordedEvents
from regulars.store.orders import OrderRecord, Orders
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import CountedPage, Profiles, SubjectIdentity, SubjectItems
from regulars.store.refused_calls import CallKind
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


class MemoryProfiles(Profiles):
    """The items of subjects in memory."""

    def __init__(self, write_hook: WriteHook | None = None) -> None:
        self.stored_profiles: dict[str, SubjectProfile] = {}
        self.stored_identities: dict[str, SubjectIdentity] = {}
        self.pages: dict[tuple[str, str, str], CountedPage] = {}
        self._write_hook = write_hook or WriteHook()

    def read_subjects(self, subjects: Iterable[str]) -> SubjectItems:
        wanted = set(subjects)
        identities, profiles = self.stored_identities, self.stored_profiles
        return SubjectItems(
            {key: identities[key] for key in wanted if key in identities},
            {key: profiles[key] for key in wanted if key in profiles},
        )

    def read_facts(self, subjects: Iterable[str]) -> dict[str, IdentityFacts]:
        identities = self.read_subjects(subjects).identities
        return {subject: identity.facts for subject, identity in identities.items()}

    def write_identity(self, identity: SubjectIdentity) -> None:
        self._write_hook()
        stored = self.read_subjects([identity.subject]).get_identity(identity.subject)
        if stored.rev != identity.rev - 1:
            raise ConcurrentUpdateError
        self.stored_identities[identity.subject] = identity

    def write_profile(self, profile: SubjectProfile) -> None:
        self._write_hook()
        stored = self.read_subjects([profile.subject]).get_profile(profile.subject)
        if stored.rev != profile.rev - 1:
            raise ConcurrentUpdateError
        self.stored_profiles[profile.subject] = profile

    def read_spilled(self, profile: SubjectProfile) -> CountedPage:
        owner = (profile.subject, profile.epoch)
        pages = [page for key, page in self.pages.items() if key[:2] == owner]
        return CountedPage(
            tuple(id_ for page in pages for id_ in page.event_ids),
            tuple(key for page in pages for key in page.order_keys),
        )

    def delete_epoch(self, subject: str, epoch: str) -> None:
        for key in [key for key in self.pages if key[:2] == (subject, epoch)]:
            self._write_hook()
            self.pages.pop(key, None)

    def _put_page(self, subject: str, epoch: str, name: str, page: CountedPage) -> None:
        self._write_hook()
        self.pages[subject, epoch, name] = page


class MemoryOrders(Orders):
    """The orders in memory."""

    def __init__(self, write_hook: WriteHook | None = None) -> None:
        self.records: dict[str, OrderRecord] = {}
        self._write_hook = write_hook or WriteHook()

    def read_orders(self, keys: Iterable[str]) -> dict[str, OrderRecord]:
        return {key: self.records[key] for key in keys if key in self.records}

    def write_order(self, record: OrderRecord) -> None:
        self._write_hook()
        stored = self.records.get(record.key) or OrderRecord(key=record.key)
        if stored.rev != record.rev - 1:
            raise ConcurrentUpdateError
        self.records[record.key] = record


class MemoryLedger(Ledger):
    """The EVENTS table in memory; its index fails, because the update of profiles must not need it."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}
        self._new: list[Event] = []

    def take_new_events(self) -> list[Event]:
        """Return the events that were recorded since the last call, as the stream delivers them."""
        events, self._new = self._new, []
        return events

    def record_events(self, events: Sequence[Event]) -> RecordedEvents:
        new = [event for event in events if event.id not in self.events]
        self.events |= {event.id: event for event in new}
        self._new += new
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

    def count_call(self, kind: CallKind, at: datetime) -> None:
        pass


@dataclass
class MemoryStores:
    """All stores of one run."""

    write_hook: WriteHook = field(default_factory=WriteHook)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    rejects: MemoryRejects = field(default_factory=MemoryRejects)
    profiles: MemoryProfiles = field(init=False)
    orders: MemoryOrders = field(init=False)

    def __post_init__(self) -> None:
        self.profiles = MemoryProfiles(self.write_hook)
        self.orders = MemoryOrders(self.write_hook)

    @property
    def stores(self) -> ProfileStores:
        """The stores as the use cases expect them."""
        return ProfileStores(
            profiles=self.profiles, orders=self.orders, ledger=self.ledger, rejects=self.rejects
        )

    def scan_profiles(self) -> StoredProfiles:
        """Return all that is stored about people."""
        return StoredProfiles(
            identities=self.profiles.stored_identities,
            profiles=self.profiles.stored_profiles,
            orders=self.orders.records,
            outdated_keys=[],
        )

    def list_people(self) -> dict[tuple[str, ...], Person]:
        """Return all people by their subjects, each found from one subject alone."""
        people = {}
        for subject in self.profiles.stored_identities:
            for person in find_people([subject], self.profiles.read_facts).values():
                people[person.subjects] = person
        return people

    def read_person(self, person: Person) -> ScoredProfile:
        """Return the profile of a person."""
        items = self.profiles.read_subjects(person.subjects)
        state = combine_person_state(items, person.subjects)
        return ScoredProfile(profile_id=person.profile_id, subjects=person.subjects, state=state)

    def list_profiles(self) -> dict[str, ScoredProfile]:
        """Return the profiles of all people by id."""
        people = self.list_people().values()
        return {person.profile_id: self.read_person(person) for person in people}
