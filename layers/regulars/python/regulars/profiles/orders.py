"""Record what events report about orders, and sum the orders that a subject holds."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from regulars.domain.events import Event
from regulars.domain.identity_statements import moment_of
from regulars.domain.orders import OrderTotals, fold_order, sum_orders
from regulars.domain.trust import trust_of
from regulars.store.orders import OrderRecord, Reports
from regulars.store.profile_stores import ProfileStores

MAX_UNNAMED_EVENTS = 100
MAX_REPORTS = 10  # the best reports of an order that are stored, so that nobody can make it grow


def record_orders(
    stores: ProfileStores, holders: Mapping[str, str], events: Iterable[Event]
) -> dict[str, OrderRecord]:
    """Add the reports of these events to their orders; return the orders by key.

    `holders` has the subject that each event is counted under, by event id. Raise ConcurrentUpdateError when another
    worker wrote an order meanwhile.
    """
    events_by_key = group_by_order(events)
    stored = stores.orders.read_orders(events_by_key)
    records = {}
    for key, order_events in events_by_key.items():
        record = stored.get(key) or OrderRecord(key=key)
        records[key] = successor = _add_reports(record, order_events, holders)
        if successor is not record:
            stores.orders.write_order(successor)
    return records


def sum_held_orders(
    stores: ProfileStores,
    subject: str,
    keys: Iterable[str],
    records: Mapping[str, OrderRecord] | None = None,
) -> OrderTotals:
    """Return the totals of the orders with these keys that a subject holds.

    `records` are orders that were just read or written.
    """
    known = dict(records or {})
    known |= stores.orders.read_orders(key for key in keys if key not in known)
    return sum_orders(record.order for record in known.values() if record.holder == subject)


def group_by_order(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Return the events that report an order, by order key."""
    groups: dict[str, list[Event]] = {}
    for event in events:
        if event.order and not event.test:
            groups.setdefault(event.order.key, []).append(event)
    return groups


def rank_reports(holders: Mapping[str, str], events: Iterable[Event]) -> Reports:
    """Return the best report of each subject that these events are counted under."""
    reports: Reports = {}
    for event in events:
        if holder := holders.get(event.id, ""):
            rank = _rank_report(event)
            reports[holder] = min(reports.get(holder, rank), rank)
    return reports


def keep_best_reports(reports: Reports) -> Reports:
    """Return the best of the reports, as many as are stored."""
    ranked = sorted(reports.items(), key=lambda report: (report[1], report[0]))
    return dict(ranked[:MAX_REPORTS])


def _add_reports(
    record: OrderRecord, events: Sequence[Event], holders: Mapping[str, str]
) -> OrderRecord:
    received = rank_reports(holders, events)
    reports = dict(record.reports)
    for subject, rank in received.items():
        reports[subject] = min(reports.get(subject, rank), rank)
    order = fold_order(events, record.order)
    successor = replace(
        record,
        order=order,
        reports=keep_best_reports(reports),
        unnamed=list_unnamed_ids(record, events, holders),
    )
    if record.rev and successor == record:
        return record
    return replace(successor, rev=record.rev + 1)


def find_stale_orders(
    holders: Mapping[str, str], events: Iterable[Event], records: Mapping[str, OrderRecord]
) -> frozenset[str]:
    """Return the keys of orders that hold the report of one of these events under another subject than its holder.

    A worker that failed before a subject became worthless leaves such a report.
    """
    return frozenset(
        key
        for key, order_events in group_by_order(events).items()
        for event in order_events
        for subject, rank in records[key].reports.items()
        if subject in event.subjects and subject != holders[event.id]
        if rank == _rank_report(event)
    )


def list_unnamed_ids(
    record: OrderRecord, events: Iterable[Event], holders: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the ids of an order's events that are counted under no subject, at most a hundred."""
    held = {id_ for id_, holder in holders.items() if holder}
    ids = {*record.unnamed, *(event.id for event in events)} - held
    return tuple(sorted(ids)[:MAX_UNNAMED_EVENTS])


def _rank_report(event: Event) -> tuple[int, int]:
    return int(trust_of(event)), moment_of(event)
