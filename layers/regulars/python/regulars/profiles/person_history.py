"""Read what the ledger holds about a person: the events that name one of its subjects, and the orders that they report."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import batched

import msgspec

from regulars.domain.events import Event, Item
from regulars.identity.grouping import choose_holder
from regulars.store.ledger import Ledger
from regulars.store.orders import OrderRecord, Orders
from regulars.store.profiles import Profiles, SubjectIdentity, SubjectItems

READ_EVENTS = 100  # at one time: a person may have more events than fit in memory


class PersonEvent(msgspec.Struct, frozen=True):
    """An event that names a person; one that also names somebody else may be counted there."""

    event: Event
    is_counted_here: bool


class PersonOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that a person's events report, with the items of the snapshot in force."""

    record: OrderRecord
    items: tuple[Item, ...]
    is_counted_here: bool


@dataclass(frozen=True, kw_only=True)
class PersonHistory:
    """The events and the orders of the person with these subjects."""

    ledger: Ledger
    orders: Orders
    subjects: frozenset[str]
    identities: Mapping[str, SubjectIdentity]
    event_ids: tuple[str, ...]
    order_keys: tuple[str, ...]

    def list_events(self) -> Iterator[PersonEvent]:
        """Yield the events that name the person, oldest first; they are read while they are consumed."""
        for ids in batched(self.event_ids, READ_EVENTS, strict=False):
            for event in self.ledger.read_events(ids):
                if not self.subjects.isdisjoint(event.subjects):
                    holder = choose_holder(event, self.identities)
                    yield PersonEvent(event, not holder or holder in self.subjects)

    def list_orders(self) -> list[PersonOrder]:
        """Return the orders, oldest first."""
        records = self.orders.read_orders(self.order_keys).values()
        snapshot_ids = [record.order.event for record in records if record.order.event]
        snapshots = {event.id: event for event in self.ledger.read_events(snapshot_ids)}
        orders = (
            PersonOrder(
                record=record,
                items=snapshots[id_].items if (id_ := record.order.event) in snapshots else (),
                is_counted_here=record.holder in self.subjects,
            )
            for record in records
        )
        return sorted(orders, key=lambda one: (one.record.order.order_time, one.record.key))


@dataclass(frozen=True, kw_only=True)
class HistoryReader:
    """The stores that hold the history of people."""

    ledger: Ledger
    orders: Orders
    profiles: Profiles

    def open_history(self, subjects: frozenset[str]) -> PersonHistory:
        """Return the history of the person with these subjects.

        An event is indexed under its strongest subject only. One that is indexed under another person's subject is a
        statement that links it with a subject of this person.
        """
        own = self.profiles.read_subjects(subjects)
        others = _list_linked_subjects(own) - subjects
        identities = own.identities | self.profiles.read_subjects(others).identities
        return PersonHistory(
            ledger=self.ledger,
            orders=self.orders,
            subjects=subjects,
            identities=identities,
            event_ids=tuple(self.ledger.list_timeline(sorted(subjects | others))),
            order_keys=tuple(self._list_order_keys(own)),
        )

    def _list_order_keys(self, items: SubjectItems) -> list[str]:
        keys: set[str] = set()
        for profile in items.profiles.values():
            keys.update(profile.order_keys, self.profiles.read_spilled(profile).order_keys)
        return sorted(keys)


def _list_linked_subjects(items: SubjectItems) -> frozenset[str]:
    return frozenset(
        subject
        for identity in items.identities.values()
        for pair in identity.facts.links
        for subject in pair
    )
