"""Repair what differs from the ledger: store identities, orders and profiles again as the ledger says."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from msgspec.structs import replace

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.profiles import SubjectProfile
from regulars.profiles.fold import refold_profile
from regulars.profiles.ledger_fold import LedgerFold, fold_ledger
from regulars.profiles.verify import Verification, compare_with_ledger
from regulars.store.inventory import Inventory, StoredProfiles
from regulars.store.orders import OrderRecord
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import SubjectIdentity

MAX_ROUNDS = 5

# What is called with the numbers of repaired names and of those that differ.
type OnRepair = Callable[[int, int], None]
type Repair = Callable[[], None]


def repair_profiles(
    inventory: Inventory, stores: ProfileStores, on_repair: OnRepair = lambda *_: None
) -> Verification:
    """Store again what differs from the ledger, and return the last comparison.

    Events may arrive meanwhile. An item that another worker writes first stays, and is compared again, at most five
    times. When a repair was stopped, the next one goes on.
    """
    for _ in range(MAX_ROUNDS):
        # What is stored is read first, so that the ledger holds every event that was counted by then.
        stored = inventory.scan_profiles()
        fold = fold_ledger(inventory.scan_events())
        verification = compare_with_ledger(fold, stored)
        if not verification.differences:
            break
        inventory.delete_profile_items(stored.outdated_keys)
        repairs = list(_list_repairs(fold, stored, stores, verification))
        for number, repair in enumerate(repairs, 1):
            # The next round compares what another worker has written first.
            with suppress(ConcurrentUpdateError):
                repair()
            on_repair(number, len(repairs))
    return verification


def _list_repairs(
    fold: LedgerFold, stored: StoredProfiles, stores: ProfileStores, verification: Verification
) -> Iterator[Repair]:
    """Yield the repairs of identities, then of orders, then of profiles: each reads what is repaired before."""
    steps = {"identity": _repair_identity, "order": _repair_order, "profile": _repair_profile}
    for part, repair in steps.items():
        named = (item.name for item in verification.differences if item.part == part)
        for name in dict.fromkeys(named):
            yield partial(repair, fold, stored, stores, name)


def _repair_identity(
    fold: LedgerFold, stored: StoredProfiles, stores: ProfileStores, subject: str
) -> None:
    unknown = SubjectIdentity(subject=subject)
    rev = stored.identities.get(subject, unknown).rev
    identity = fold.identities.get(subject, unknown)
    stores.profiles.write_identity(replace(identity, rev=rev + 1))


def _repair_order(
    fold: LedgerFold, stored: StoredProfiles, stores: ProfileStores, key: str
) -> None:
    unknown = OrderRecord(key=key)
    record = fold.orders.get(key, unknown)
    rev = stored.orders.get(key, unknown).rev
    stores.orders.write_order(replace(record, rev=rev + 1))


def _repair_profile(
    fold: LedgerFold, stored: StoredProfiles, stores: ProfileStores, subject: str
) -> None:
    profile = stored.profiles.get(subject) or SubjectProfile(subject=subject)
    refold_profile(stores, profile, fold.decode_events(subject))
