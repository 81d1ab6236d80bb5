"""The next version of one person's profile: by adding events when that is exact, by folding all of them anew when not."""

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
from regulars.identity.grouping import Share, counts
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import StoredOrder

RING = 16  # ids a profile carries before it puts them aside: a page of 16 costs one write, and keeps it below 1 KB


def added(stores: ProfileStores, profile: Profile, share: Share, *, first: bool = False) -> Profile:
    """The profile with those events it has not counted; the orders they tell of are stored first.

    `first` says that nobody can have written to this profile yet, which saves reading its orders.
    """
    new = _uncounted(stores, profile, share.events)
    if not new:
        return profile
    state = add_events(profile.state, new)
    if any(event.order for event in new):
        stored = {} if first else stores.profiles.read_orders(profile.profile_id)
        known = {key: one.order for key, one in stored.items()}
        orders = known | fold_orders(new, known)
        _store_orders(stores, profile.profile_id, stored, orders)
        state = with_orders(state, orders.values())
    return _successor(profile, state, share.subjects, new)


def refolded(
    stores: ProfileStores, profile: Profile, share: Share, merged: Sequence[Profile]
) -> Profile:
    """The profile folded anew from every event that it, those merged into it, and this share have.

    The ids come from the profiles and the events by key, so that an index that lags hides nothing.
    LedgerLaggingError when the ledger does not hold an event that was counted.
    """
    events = _everything(stores, profile, share, merged)
    subjects = {
        *profile.subjects,
        *share.subjects,
        *(key for one in merged for key in one.subjects),
    }
    told = [event for event in events if counts(event) and event.subject in subjects]
    stored = stores.profiles.read_orders(profile.profile_id)
    # A merge takes no order away: one of them may be of an event that another worker is about to count.
    known = {} if share.refold else {key: one.order for key, one in stored.items()}
    orders = known | fold_orders(told, known)
    _store_orders(stores, profile.profile_id, stored, orders)
    state = with_orders(add_events(ProfileState(), told), orders.values())
    own = _counted(stores, profile)
    after = _successor(profile, state, subjects, [one for one in events if one.id not in own])
    # What was rewritten must go. If that took too much, whoever is about to count it must find the profile changed.
    return replace(after, rev=profile.rev + 1) if share.refold else after


def write(stores: ProfileStores, before: Profile, after: Profile) -> None:
    """Store the successor, unless it says nothing new; ids that `before` carried too many of are put aside first."""
    if after.rev == before.rev:
        return
    if len(before.applied) >= RING:
        stores.profiles.spill_applied_ids(before)
        after = replace(after, applied=after.applied[len(before.applied) :], floor=before.newest)
    stores.profiles.write_profile(after)


def _everything(
    stores: ProfileStores, profile: Profile, share: Share, merged: Sequence[Profile]
) -> list[Event]:
    """The events that any of them counted and those of the share, as the ledger holds them now."""
    counted = set().union(*(_counted(stores, one) for one in (profile, *merged)))
    given = {event.id: event for event in share.events}
    found = {event.id: event for event in stores.ledger.read_events(sorted(counted | given.keys()))}
    if not counted <= found.keys() | given.keys():
        raise LedgerLaggingError("The ledger does not hold every event this profile has counted.")
    return list((given | found).values())


def _uncounted(stores: ProfileStores, profile: Profile, events: Iterable[Event]) -> list[Event]:
    carried = set(profile.applied)
    new = [event for event in events if event.id not in carried]
    # Ids put aside were all received by `floor`; only what is as old can be among them.
    if any(event.received_at <= profile.floor for event in new):
        aside = stores.profiles.read_spilled_ids(profile.profile_id)
        new = [event for event in new if event.id not in aside]
    return new


def _counted(stores: ProfileStores, profile: Profile) -> set[str]:
    aside = stores.profiles.read_spilled_ids(profile.profile_id) if profile.floor else set()
    return {*profile.applied, *aside}


def _store_orders(
    stores: ProfileStores,
    profile_id: str,
    stored: Mapping[str, StoredOrder],
    orders: Mapping[str, Order],
) -> None:
    for key, order in orders.items():
        before = stored.get(key, StoredOrder())
        if order != before.order:
            stores.profiles.write_order(profile_id, key, StoredOrder(order, before.rev + 1))
    for key in stored.keys() - orders.keys():
        stores.profiles.delete_order(profile_id, key, stored[key].rev)


def _successor(
    profile: Profile, state: ProfileState, subjects: Iterable[str], new: Sequence[Event]
) -> Profile:
    after = replace(
        profile,
        subjects=sort_by_strength({*profile.subjects, *subjects}),
        state=state,
        applied=(*profile.applied, *(event.id for event in new)),
        newest=max([profile.newest, *(event.received_at for event in new)]),
    )
    if after == profile:
        return profile
    return replace(after, rev=profile.rev + 1, born=profile.born or state.first_seen)
