"""Write one group of changes: identities, orders, then profiles; start again when another worker was faster."""

from collections.abc import Iterable, Mapping

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.events import Event
from regulars.identity.grouping import (
    EventGroup,
    choose_holder,
    collect_subjects,
    list_concerned_subjects,
)
from regulars.profiles.assignment import assign_events, settle_identities
from regulars.profiles.fold import add_to_profile
from regulars.profiles.orders import find_stale_orders, group_by_order, record_orders
from regulars.profiles.statements import record_statements
from regulars.store.batches import back_off
from regulars.store.orders import OrderRecord
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import SubjectItems

MAX_ATTEMPTS = 8


def update_group(
    group: EventGroup, stores: ProfileStores, items: SubjectItems | None = None
) -> None:
    """Store what these changes say about identity and orders, and count their events under the subjects that hold them.

    `items` are the stored subjects of the changes, when they were read before. Raise ConcurrentUpdateError when other
    workers were faster at every attempt; a repetition is always safe.
    """
    for attempt in range(MAX_ATTEMPTS):
        try:
            _update_group(group, stores, (items if attempt == 0 else None) or _read(stores, group))
        except ConcurrentUpdateError:
            back_off(attempt)
        else:
            return
    raise ConcurrentUpdateError("Too many workers wrote the same profiles.")


def _read(stores: ProfileStores, group: EventGroup) -> SubjectItems:
    return stores.profiles.read_subjects(collect_subjects(group.changes))


def _update_group(group: EventGroup, stores: ProfileStores, items: SubjectItems) -> None:
    # The order of the writes matters. A worker that read a profile before its subject became worthless must fail, so
    # profiles are read first. Orders are written before the profiles that sum them.
    identities = record_statements(stores, group.events, items)
    settle_identities(stores, identities.values())
    holders = {event.id: choose_holder(event, identities) for event in group.events}
    records = record_orders(stores, holders, group.events)
    _count_events(stores, group.events, items, holders, records)
    if stale_keys := find_stale_orders(holders, group.events, records):
        assign_events(stores, collect_subjects(group.changes), stale_keys)
    for change in group.rewritten:
        events = [event for event in (change.event, change.before) if event]
        subjects = set().union(*map(list_concerned_subjects, events))
        assign_events(stores, subjects, frozenset(group_by_order(events)))


def _count_events(
    stores: ProfileStores,
    events: Iterable[Event],
    items: SubjectItems,
    holders: Mapping[str, str],
    records: Mapping[str, OrderRecord],
) -> None:
    events_by_holder: dict[str, list[Event]] = {}
    for event in events:
        if holder := holders[event.id]:
            events_by_holder.setdefault(holder, []).append(event)
    reporting = {subject for record in records.values() for subject in record.reports}
    others = reporting - events_by_holder.keys()
    other_items = stores.profiles.read_subjects(others) if others else SubjectItems()
    for subject in sorted(reporting.union(events_by_holder)):
        source = other_items if subject in others else items
        reported = {key: record for key, record in records.items() if subject in record.reports}
        held_events = events_by_holder.get(subject, [])
        add_to_profile(stores, source.get_profile(subject), held_events, reported)
