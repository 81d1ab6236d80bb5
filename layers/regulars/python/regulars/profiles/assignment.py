"""Count events anew under the subjects that hold them now: after a subject became worthless, or an event was rewritten.

Subjects gain events before others lose them. Every profile gets a new revision before an order is built again, so that a
worker that has reported the order, and is about to count its event, starts again. All of it may be repeated.
"""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.events import Event
from regulars.domain.orders import fold_order
from regulars.identity.grouping import choose_holder, is_worthless, list_concerned_subjects
from regulars.profiles.fold import read_counted_events, read_counted_ids, refold_profile
from regulars.profiles.orders import (
    group_by_order,
    keep_best_reports,
    rank_reports,
)
from regulars.store.orders import OrderRecord
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import SubjectIdentity, SubjectItems


class _Holdings(msgspec.Struct, frozen=True, kw_only=True):
    """What subjects have counted, the events themselves, and the subject that shall hold each of them."""

    items: SubjectItems
    counted_ids: Mapping[str, set[str]]
    events: Mapping[str, Event]
    holders: Mapping[str, str]

    def list_held_ids(self, subject: str) -> set[str]:
        """Return the ids of the events that a subject holds."""
        return {id_ for id_, holder in self.holders.items() if holder == subject}

    def list_moved_order_keys(self) -> frozenset[str]:
        """Return the keys of the orders of events that are counted under another subject than their holder."""
        moved = {
            id_
            for subject, ids in self.counted_ids.items()
            for id_ in ids - self.list_held_ids(subject)
        }
        return frozenset(group_by_order(self.events[id_] for id_ in moved))


def settle_identities(stores: ProfileStores, identities: Iterable[SubjectIdentity]) -> None:
    """Assign the events of subjects that became worthless, or are no longer worthless."""
    for identity in identities:
        if is_worthless(identity) != identity.settled:
            facts = identity.facts
            assign_events(stores, {identity.subject}.union(*facts.links))
            settled = replace(identity, settled=not identity.settled, rev=identity.rev + 1)
            stores.profiles.write_identity(settled)


def assign_events(
    stores: ProfileStores, subjects: set[str], order_keys: frozenset[str] = frozenset()
) -> None:
    """Count every event that these subjects have counted under the subject that holds it.

    `order_keys` are orders of which a report was rewritten: they are built again from their events. Raise
    ConcurrentUpdateError when another worker wrote one of the items meanwhile.
    """
    holdings = _read_holdings(stores, subjects)
    records = stores.orders.read_orders(order_keys | holdings.list_moved_order_keys())
    concerned = subjects.union(holdings.holders.values(), *(r.reports for r in records.values()))
    concerned.discard("")
    if concerned > subjects:
        assign_events(stores, concerned, order_keys)
        return
    for subject, ids in holdings.counted_ids.items():
        _refold(stores, holdings, subject, ids | holdings.list_held_ids(subject))
    for record in records.values():
        _rebuild_order(stores, record, holdings, is_rewritten=record.key in order_keys)
    final = _read_holdings(stores, subjects)
    if final.events.keys() != holdings.events.keys():
        raise ConcurrentUpdateError("Another worker counted an event meanwhile.")
    for subject in final.counted_ids:
        _refold(stores, final, subject, final.list_held_ids(subject))


def _read_holdings(stores: ProfileStores, subjects: set[str]) -> _Holdings:
    items = stores.profiles.read_subjects(subjects)
    counted_ids = {
        subject: read_counted_ids(stores, items.get_profile(subject))
        for subject in sorted(subjects)
    }
    events = read_counted_events(stores, set().union(*counted_ids.values()))
    named = set().union(*map(list_concerned_subjects, events.values()))
    identities = stores.profiles.read_subjects(named).identities
    holders = {id_: choose_holder(event, identities) for id_, event in events.items()}
    return _Holdings(items=items, counted_ids=counted_ids, events=events, holders=holders)


def _refold(stores: ProfileStores, holdings: _Holdings, subject: str, ids: set[str]) -> None:
    # A profile without events is written, too: another worker may be about to write the first one.
    profile = holdings.items.get_profile(subject)
    refold_profile(stores, profile, {id_: holdings.events[id_] for id_ in ids})


def _rebuild_order(
    stores: ProfileStores, record: OrderRecord, holdings: _Holdings, *, is_rewritten: bool
) -> None:
    """Store an order with the reports of those that hold its events now."""
    events = group_by_order(holdings.events.values()).get(record.key, [])
    unnamed = group_by_order(stores.ledger.read_events(record.unnamed)).get(record.key, [])
    unnamed = [event for event in unnamed if not event.subjects]
    successor = replace(
        record,
        order=fold_order([*events, *unnamed]) if is_rewritten else record.order,
        reports=keep_best_reports(rank_reports(holdings.holders, events)),
        unnamed=tuple(event.id for event in unnamed),
        rev=record.rev + 1,
    )
    stores.orders.write_order(successor)
