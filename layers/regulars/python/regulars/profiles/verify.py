"""Verify that all that is stored about people is the fold of the ledger; report every difference."""

from collections.abc import Iterator
from itertools import chain

import msgspec

from regulars.domain.identity_facts import is_device
from regulars.domain.profiles import ProfileState, encode_state
from regulars.domain.texts import format_count
from regulars.identity.partition import partition_subjects
from regulars.profiles.ledger_fold import LedgerFold, fold_ledger
from regulars.store.inventory import Inventory, StoredProfiles
from regulars.store.orders import OrderRecord
from regulars.store.profiles import SubjectIdentity


class ProfileDifference(msgspec.Struct, frozen=True):
    """A difference from the ledger.

    `part` is `identity` or `profile`, of the subject `name`; `order`, of the order key `name`; or `outdated`, for items
    of an earlier version, without a name.
    """

    part: str
    name: str
    detail: str


class Verification(msgspec.Struct, frozen=True):
    """The numbers that were compared, the differences, and the number of events that the lake lacks.

    `people` are those with an identifier that is no device, `identifiers` all subjects, those of visitors too.
    """

    events: int
    people: int
    identifiers: int
    differences: tuple[ProfileDifference, ...]
    unarchived: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing differs and nothing is missing."""
        return not self.differences and not self.unarchived


def verify_profiles(inventory: Inventory) -> Verification:
    """Compare all that is stored with the fold of the ledger; nothing may be written meanwhile."""
    stored = inventory.scan_profiles()
    return compare_with_ledger(fold_ledger(inventory.scan_events()), stored)


def compare_with_ledger(fold: LedgerFold, stored: StoredProfiles) -> Verification:
    """Return every difference between the ledger and what is stored."""
    differences = chain(
        _compare_identities(fold, stored),
        _compare_orders(fold, stored),
        _compare_profiles(fold, stored),
        _report_outdated_items(stored),
    )
    return Verification(
        events=sum(map(len, fold.encoded_events.values())),
        people=sum(
            not all(map(is_device, person)) for person in partition_subjects(fold.facts).people
        ),
        identifiers=len(fold.identities),
        differences=tuple(differences),
    )


def _compare_identities(fold: LedgerFold, stored: StoredProfiles) -> Iterator[ProfileDifference]:
    for subject in sorted(fold.identities.keys() | stored.identities.keys()):
        unknown = SubjectIdentity(subject=subject)
        expected = fold.identities.get(subject, unknown)
        found = stored.identities.get(subject, unknown)
        if (found.facts, found.settled) != (expected.facts, expected.settled):
            yield ProfileDifference("identity", subject, "its facts are not those of its events")


def _compare_orders(fold: LedgerFold, stored: StoredProfiles) -> Iterator[ProfileDifference]:
    for key in sorted(fold.orders.keys() | stored.orders.keys()):
        unknown = OrderRecord(key=key)
        expected, found = fold.orders.get(key, unknown), stored.orders.get(key, unknown)
        if found.order != expected.order:
            yield ProfileDifference("order", key, "it is not the fold of its events")
        elif found.holder != expected.holder:
            yield ProfileDifference("order", key, "it is not counted for its holder")


def _compare_profiles(fold: LedgerFold, stored: StoredProfiles) -> Iterator[ProfileDifference]:
    subjects = fold.encoded_events.keys() | fold.held_keys.keys() | stored.profiles.keys()
    for subject in sorted(subjects - {""}):
        expected, found = fold.fold_subject(subject), stored.profiles.get(subject)
        if found is None:
            yield ProfileDifference("profile", subject, "its events are not counted")
        else:
            yield from _compare_states(subject, found.state, expected)


def _compare_states(
    subject: str, found: ProfileState, expected: ProfileState
) -> Iterator[ProfileDifference]:
    if encode_state(found) == encode_state(expected):
        return
    for field in ProfileState.__struct_fields__:
        values = getattr(found, field), getattr(expected, field)
        if values[0] != values[1]:
            found_text, expected_text = (
                msgspec.json.encode(value, order="deterministic").decode() for value in values
            )
            detail = f"{field} is {found_text} and should be {expected_text}"
            yield ProfileDifference("profile", subject, detail)


def _report_outdated_items(stored: StoredProfiles) -> Iterator[ProfileDifference]:
    if count := len(stored.outdated_keys):
        what = format_count(count, "item of an earlier version")
        yield ProfileDifference("outdated", "", f"{what} {'is' if count == 1 else 'are'} stored")
