"""Compute the next version of a profile: add events where that is exact, fold all events again where it is not."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from regulars.domain.errors import LedgerLaggingError
from regulars.domain.events import Event
from regulars.domain.orders import Order
from regulars.domain.profiles import (
    Profile,
    ProfileState,
    add_events,
    fold_orders,
    sort_by_strength,
    with_orders,
)
from regulars.identity.grouping import PersonBatch, belongs_to_profile
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import StoredOrder

# The ids that a profile carries before they are spilled: 16 of them cost one write, and keep the profile below 1 KB.
MAX_APPLIED_IDS = 16


def add_to_profile(
    stores: ProfileStores, profile: Profile, batch: PersonBatch, *, is_first_write: bool = False
) -> Profile:
    """Return the profile with those events added that it has not counted; store their orders first.

    `is_first_write` says that no worker can have written this profile yet, which saves the read of its orders.
    """
    new_events = _select_uncounted(stores, profile, batch.events)
    if not new_events:
        return profile
    state = add_events(profile.state, new_events)
    if any(event.order for event in new_events):
        stored = {} if is_first_write else stores.profiles.read_orders(profile.profile_id)
        orders = _add_orders(stores, profile.profile_id, stored, new_events)
        state = with_orders(state, orders.values())
    return _build_successor(profile, state, batch.subjects, new_events)


def refold_profile(
    stores: ProfileStores, profile: Profile, batch: PersonBatch, merged: Sequence[Profile]
) -> Profile:
    """Return the profile folded from every event that it, the profiles merged into it and this batch have.

    The ids come from the profiles and the events are read by id, so that a lagging index hides nothing. Raise
    LedgerLaggingError when the ledger does not hold an event that was counted.
    """
    events = _collect_events(stores, profile, batch, merged)
    merged_subjects = {subject for source in merged for subject in source.subjects}
    subjects = {*profile.subjects, *batch.subjects, *merged_subjects}
    counted_events = [
        event for event in events if belongs_to_profile(event) and event.subject in subjects
    ]
    stored = stores.profiles.read_orders(profile.profile_id)
    # A merge removes no order: one of them may belong to an event that another worker is about to count.
    known_orders = {} if batch.refold else {key: record.order for key, record in stored.items()}
    orders = known_orders | fold_orders(counted_events, known_orders)
    _store_orders(stores, profile.profile_id, stored, orders)
    state = with_orders(add_events(ProfileState(), counted_events), orders.values())
    own_ids = _read_counted_ids(stores, profile)
    new_events = [event for event in events if event.id not in own_ids]
    successor = _build_successor(profile, state, subjects, new_events)
    # A refold removes rewritten orders. If it removed one that another worker is about to count, the new revision makes
    # that worker start again.
    return replace(successor, rev=profile.rev + 1) if batch.refold else successor


def write_successor(stores: ProfileStores, stored: Profile, successor: Profile) -> None:
    """Store the successor if it differs; first spill the ids of the stored profile when it carries too many."""
    if successor.rev == stored.rev:
        return
    if len(stored.applied) >= MAX_APPLIED_IDS:
        stores.profiles.spill_applied_ids(stored)
        applied = successor.applied[len(stored.applied) :]
        successor = replace(successor, applied=applied, floor=stored.newest)
    stores.profiles.write_profile(successor)


def _collect_events(
    stores: ProfileStores, profile: Profile, batch: PersonBatch, merged: Sequence[Profile]
) -> list[Event]:
    """Return the events that any of the profiles counted and those of the batch, as the ledger holds them now."""
    profiles = (profile, *merged)
    counted_ids = set().union(*(_read_counted_ids(stores, source) for source in profiles))
    batch_events = {event.id: event for event in batch.events}
    ids = sorted(counted_ids | batch_events.keys())
    stored_events = {event.id: event for event in stores.ledger.read_events(ids)}
    if not counted_ids <= stored_events.keys() | batch_events.keys():
        raise LedgerLaggingError("The ledger does not hold every event this profile has counted.")
    return list((batch_events | stored_events).values())


def _select_uncounted(
    stores: ProfileStores, profile: Profile, events: Iterable[Event]
) -> list[Event]:
    applied_ids = set(profile.applied)
    new_events = [event for event in events if event.id not in applied_ids]
    # The events of spilled ids were all received by `floor`; only events as old as that can be among them.
    if any(event.received_at <= profile.floor for event in new_events):
        spilled_ids = stores.profiles.read_spilled_ids(profile.profile_id)
        new_events = [event for event in new_events if event.id not in spilled_ids]
    return new_events


def _read_counted_ids(stores: ProfileStores, profile: Profile) -> set[str]:
    spilled_ids = stores.profiles.read_spilled_ids(profile.profile_id) if profile.floor else set()
    return {*profile.applied, *spilled_ids}


def _add_orders(
    stores: ProfileStores,
    profile_id: str,
    stored: Mapping[str, StoredOrder],
    new_events: Sequence[Event],
) -> dict[str, Order]:
    """Return the stored orders with those of the events added; store what changed."""
    known_orders = {key: record.order for key, record in stored.items()}
    orders = known_orders | fold_orders(new_events, known_orders)
    _store_orders(stores, profile_id, stored, orders)
    return orders


def _store_orders(
    stores: ProfileStores,
    profile_id: str,
    stored: Mapping[str, StoredOrder],
    orders: Mapping[str, Order],
) -> None:
    for key, order in orders.items():
        previous = stored.get(key, StoredOrder())
        if order != previous.order:
            stores.profiles.write_order(profile_id, key, StoredOrder(order, previous.rev + 1))
    for key in stored.keys() - orders.keys():
        stores.profiles.delete_order(profile_id, key, stored[key].rev)


def _build_successor(
    profile: Profile, state: ProfileState, subjects: Iterable[str], new_events: Sequence[Event]
) -> Profile:
    successor = replace(
        profile,
        subjects=sort_by_strength({*profile.subjects, *subjects}),
        state=state,
        applied=(*profile.applied, *(event.id for event in new_events)),
        newest=max([profile.newest, *(event.received_at for event in new_events)]),
    )
    if successor == profile:
        return profile
    return replace(successor, rev=profile.rev + 1, born=profile.born or state.first_seen)
