"""Remove erased people from the PROFILES table, and from what it says about the people who remain."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial

from msgspec.structs import replace

from regulars.domain.errors import ConcurrentUpdateError, LedgerLaggingError
from regulars.domain.events import Event
from regulars.domain.identity_facts import NO_FACTS, limit_links, split_facts
from regulars.domain.identity_statements import collect_facts, time_of_moment
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.domain.times import from_text
from regulars.domain.tombstones import Tombstones, list_all_subjects
from regulars.identity.grouping import list_concerned_subjects
from regulars.profiles.assignment import settle_identities
from regulars.profiles.fold import read_counted_events, read_counted_ids, refold_profile
from regulars.profiles.ledger_fold import build_order
from regulars.profiles.orders import group_by_order
from regulars.profiles.update import update_profiles
from regulars.store.batches import back_off
from regulars.store.inventory import Inventory
from regulars.store.orders import OrderRecord
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import SubjectIdentity

MAX_ATTEMPTS = 8


class PeopleSweep:
    """One pass over the PROFILES table for the subjects of some tombstones.

    Orders forget erased reporters first, and neighbours their links: a worker of the stream then has no reason to write
    anything under an erased subject again.
    """

    def __init__(self, stores: ProfileStores, inventory: Inventory, tombstones: Tombstones) -> None:
        self._stores = stores
        self._inventory = inventory
        self._tombstones = tombstones
        stored = stores.profiles.read_subjects(tombstones.erased_at)
        self._stored = stored
        self.stale = frozenset(
            subject for subject in tombstones.erased_at if not self._is_new_person(subject)
        )
        self.counts: Counter[str] = Counter()

    def release_orders(self, events: Iterable[Event]) -> frozenset[str]:
        """Take erased reporters from the orders of these events and of erased people; return the keys of the orders."""
        keys = set(group_by_order(events))
        for subject in self.stale:
            profile = self._stored.get_profile(subject)
            spilled = self._stores.profiles.read_spilled(profile) if profile.floor else None
            keys.update(profile.order_keys, spilled.order_keys if spilled else ())
        for key in keys:
            _retry(partial(self._release_order, key))
        return frozenset(keys)

    def list_neighbours(self, events: Iterable[Event]) -> frozenset[str]:
        """Return the other subjects that these events, or the facts of erased people, name."""
        facts = (self._stored.get_identity(subject).facts for subject in self.stale)
        linked = NO_FACTS.combine(*facts)
        named = set().union(*map(list_all_subjects, events), *linked.links)
        named |= linked.list_subjects()
        return frozenset(named - self._tombstones.erased_at.keys())

    def refresh_others(self, neighbours: frozenset[str], order_keys: frozenset[str]) -> None:
        """Store what the ledger now says about neighbours and orders."""
        events = [
            event
            for event in self._inventory.scan_events()
            if not neighbours.isdisjoint(list_all_subjects(event))
            or (event.order and event.order.key in order_keys)
        ]
        _retry(lambda: self._refresh_identities(neighbours, events))
        by_order = group_by_order(events)
        for key in order_keys:
            reporting = by_order.get(key, [])
            _retry(partial(self._refresh_order, key, reporting))

    def delete_people(self) -> None:
        """Delete all that is stored under the ids of erased subjects.

        It comes last, because what they were linked with is found by it when a pass was interrupted.
        """
        for subject in self.stale:
            self.counts["profile_items"] += self._stores.profiles.delete_subject(subject)

    def count_newer(self, events: Iterable[Event]) -> None:
        """Count events that name an erased subject and are newer than its erasure: they are those of a new person."""
        changes = tuple(map(EventChange, events))
        if changes:
            now = from_text(max(change.event.received_at for change in changes))
            update_profiles(ChangeBatch(changes), self._stores, now)

    def _is_new_person(self, subject: str) -> bool:
        """Return whether all that is stored about a subject is newer than its erasure."""
        born = self._stored.get_identity(subject).facts.births.get(subject, 0)
        return time_of_moment(born) > from_text(self._tombstones.erased_at[subject])

    def _release_order(self, key: str) -> None:
        record = self._stores.orders.read_orders([key]).get(key)
        if record is None or self.stale.isdisjoint(record.reports):
            return
        reports = {name: rank for name, rank in record.reports.items() if name not in self.stale}
        self._stores.orders.write_order(replace(record, reports=reports, rev=record.rev + 1))
        self.counts["orders"] += 1

    def _refresh_identities(self, neighbours: Collection[str], events: Iterable[Event]) -> None:
        parts = split_facts(collect_facts(events))
        stored = self._stores.profiles.read_subjects(neighbours).identities
        changed = []
        for subject, identity in stored.items():
            facts = limit_links(parts.get(subject, NO_FACTS))
            if facts == identity.facts:
                continue
            self.counts["neighbours"] += 1
            if facts == NO_FACTS:
                self._stores.profiles.delete_subject(subject)
                continue
            changed.append(replace(identity, facts=facts, rev=identity.rev + 1))
            self._stores.profiles.write_identity(changed[-1])
        settle_identities(self._stores, changed)

    def _refresh_order(self, key: str, reporting: Collection[Event]) -> None:
        record = self._stores.orders.read_orders([key]).get(key) or OrderRecord(key=key)
        if not reporting:
            self._stores.orders.delete_order(key)
            return
        rebuilt = build_order(key, reporting, self._read_identities(reporting))
        if replace(rebuilt, rev=record.rev) != record:
            self._stores.orders.write_order(replace(rebuilt, rev=record.rev + 1))
            self._refold_reporters(rebuilt.reports)

    def _refold_reporters(self, subjects: Iterable[str]) -> None:
        items = self._stores.profiles.read_subjects(subjects)
        for profile in items.profiles.values():
            counted = read_counted_events(self._stores, read_counted_ids(self._stores, profile))
            refold_profile(self._stores, profile, counted)

    def _read_identities(self, events: Iterable[Event]) -> Mapping[str, SubjectIdentity]:
        named: set[str] = set().union(*map(list_concerned_subjects, events))
        return self._stores.profiles.read_subjects(named).identities


def _retry(write: Callable[[], None]) -> None:
    for attempt in range(MAX_ATTEMPTS):
        try:
            write()
        except (ConcurrentUpdateError, LedgerLaggingError):
            back_off(attempt + 2)
        else:
            return
    raise ConcurrentUpdateError("Too many workers wrote the same profiles.")
