"""Compute the next version of a subject's profile: add events where that is exact, fold all again where it is not."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from regulars.domain.errors import LedgerLaggingError
from regulars.domain.events import Event
from regulars.domain.profiles import ProfileState, SubjectProfile, add_events
from regulars.profiles.orders import group_by_order, sum_held_orders
from regulars.store.orders import OrderRecord
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import CountedPage

# The event ids that a profile carries before they are spilled, an order key counting as two of them: so many cost one
# write in 24 or less, and keep the profile below 1 KB.
MAX_APPLIED_IDS = 24


def add_to_profile(
    stores: ProfileStores,
    profile: SubjectProfile,
    events: Iterable[Event],
    records: Mapping[str, OrderRecord],
) -> None:
    """Store the profile with those events added that it has not counted, and with the totals of its orders.

    `records` are the orders that changed for this subject. Raise ConcurrentUpdateError when another worker wrote the
    profile since it was read.
    """
    events = list(events)
    spilled = _read_spilled(stores, profile) if _needs_spilled(profile, events, records) else None
    counted_ids = {*profile.applied, *(spilled.event_ids if spilled else ())}
    new_events = [event for event in events if event.id not in counted_ids]
    state = add_events(profile.state, new_events)
    new_keys: tuple[str, ...] = ()
    if records:
        known_keys = {*profile.order_keys, *(spilled.order_keys if spilled else ())}
        new_keys = tuple(sorted(records.keys() - known_keys))
        keys = known_keys.union(new_keys)
        totals = sum_held_orders(stores, profile.subject, keys, records)
        state = replace(state, orders=totals)
    if new_events or new_keys or state != profile.state:
        addition = CountedPage(tuple(event.id for event in new_events), new_keys)
        newest = max([profile.newest, *(event.received_at for event in new_events)])
        _write_successor(stores, replace(profile, state=state, newest=newest), profile, addition)


def refold_profile(
    stores: ProfileStores, profile: SubjectProfile, events: Mapping[str, Event]
) -> None:
    """Store the profile as the fold of exactly these events, given by id, in a new revision in any case.

    A worker that read the profile before must start again. Raise ConcurrentUpdateError when another was faster.
    """
    page = CountedPage(tuple(sorted(events)), tuple(sorted(group_by_order(events.values()))))
    carried = page if _is_small(page) else CountedPage()
    spilled = CountedPage() if _is_small(page) else page
    newest = max((event.received_at for event in events.values()), default="")
    totals = sum_held_orders(stores, profile.subject, page.order_keys)
    successor = SubjectProfile(
        subject=profile.subject,
        state=replace(add_events(ProfileState(), events.values()), orders=totals),
        rev=profile.rev + 1,
        applied=carried.event_ids,
        order_keys=carried.order_keys,
        newest=newest,
        floor=newest if spilled.event_ids else "",
        epoch=stores.profiles.store_counted(profile.subject, spilled),
    )
    stores.profiles.write_profile(successor)
    if profile.epoch != successor.epoch:
        stores.profiles.delete_epoch(profile.subject, profile.epoch)


def read_counted_ids(stores: ProfileStores, profile: SubjectProfile) -> set[str]:
    """Return the ids of all events that a profile has counted."""
    return {*profile.applied, *_read_spilled(stores, profile).event_ids}


def read_counted_events(stores: ProfileStores, ids: Iterable[str]) -> dict[str, Event]:
    """Return counted events by id, as the ledger holds them now; raise LedgerLaggingError when it does not hold all."""
    wanted = sorted(ids)
    events = {event.id: event for event in stores.ledger.read_events(wanted)}
    if len(events) < len(wanted):
        raise LedgerLaggingError("The ledger does not hold every event this profile has counted.")
    return events


def _needs_spilled(
    profile: SubjectProfile, events: Iterable[Event], records: Mapping[str, OrderRecord]
) -> bool:
    """Return whether what was spilled decides: which of the events are new, or the sum of all orders."""
    # The events of spilled ids were all received by `floor`; only events as old as that can be among them.
    return bool(records) or any(
        event.received_at <= profile.floor and event.id not in profile.applied for event in events
    )


def _read_spilled(stores: ProfileStores, profile: SubjectProfile) -> CountedPage:
    return stores.profiles.read_spilled(profile) if profile.floor else CountedPage()


def _is_small(page: CountedPage) -> bool:
    return len(page.event_ids) + 2 * len(page.order_keys) < MAX_APPLIED_IDS


def _write_successor(
    stores: ProfileStores, successor: SubjectProfile, profile: SubjectProfile, addition: CountedPage
) -> None:
    """Store the next revision of a profile, which has counted what is added; spill what it carries too much."""
    carried, floor = CountedPage(profile.applied, profile.order_keys), profile.floor
    # Without an event there is no time that could be the floor.
    if profile.applied and not _is_small(carried):
        stores.profiles.spill_counted(profile)
        carried, floor = CountedPage(), profile.newest
    stores.profiles.write_profile(
        replace(
            successor,
            rev=profile.rev + 1,
            applied=(*carried.event_ids, *addition.event_ids),
            order_keys=(*carried.order_keys, *addition.order_keys),
            floor=floor,
        )
    )
