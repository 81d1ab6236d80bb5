"""Verify that every profile is the fold of its events: fold the whole ledger again and report every difference."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

import msgspec

from regulars.domain.events import Event, decode_event, encode_event
from regulars.domain.orders import Order
from regulars.domain.profiles import (
    Profile,
    ProfileState,
    encode_state,
    fold_events,
    fold_orders,
    sort_by_strength,
)
from regulars.identity.grouping import ConnectedNames, belongs_to_profile
from regulars.store.inventory import Inventory, ProfileHoldings


class ProfileDifference(msgspec.Struct, frozen=True):
    """One difference from the ledger; `profile_id` is '' when there is no profile to name.

    `kind` is one of missing_profile, divided_person, subjects, state, orders, orphan_orders, unknown_profile.
    """

    kind: str
    profile_id: str
    detail: str


class Verification(msgspec.Struct, frozen=True):
    """The numbers of compared events and persons, and the differences."""

    events: int
    persons: int
    differences: tuple[ProfileDifference, ...]


class LedgerPerson(msgspec.Struct, frozen=True):
    """A person according to the ledger: all subjects that its events connect, and these events."""

    subjects: tuple[str, ...]
    encoded_events: tuple[bytes, ...]  # encoded, because a ledger of events is smaller this way

    def decode_events(self) -> list[Event]:
        """Return the person's events."""
        return [decode_event(text) for text in self.encoded_events]


def verify_profiles(inventory: Inventory) -> Verification:
    """Compare all that is stored with the fold of the ledger; nothing may be written meanwhile."""
    persons = group_ledger_persons(inventory.scan_events())
    pointers, holdings = inventory.scan_pointers(), inventory.scan_holdings()
    differences = chain(
        chain.from_iterable(_compare_person(person, pointers, holdings) for person in persons),
        _find_orphans(persons, pointers, holdings),
    )
    return Verification(
        events=sum(len(person.encoded_events) for person in persons),
        persons=len(persons),
        differences=tuple(differences),
    )


def group_ledger_persons(events: Iterable[Event]) -> list[LedgerPerson]:
    """Return the persons of these events; tests and events without a subject are left out."""
    connected = ConnectedNames()
    encoded_events: dict[str, list[bytes]] = {}
    subjects: set[str] = set()
    for event in filter(belongs_to_profile, events):
        connected.join_names(event.subjects)
        subjects.update(event.subjects)
        encoded_events.setdefault(event.subject, []).append(encode_event(event))
    persons: dict[str, list[str]] = {}
    for subject in subjects:
        persons.setdefault(connected.find_root(subject), []).append(subject)
    return [
        LedgerPerson(
            subjects=sort_by_strength(names),
            encoded_events=tuple(
                chain.from_iterable(encoded_events.get(name, ()) for name in names)
            ),
        )
        for names in persons.values()
    ]


def find_home_profile_id(
    subject: str, pointers: Mapping[str, str], holdings: ProfileHoldings
) -> str:
    """Return the id of the profile that a subject leads to; '' when it leads to none."""
    profile = holdings.profiles.get(pointers.get(subject, ""))
    while profile and profile.merged_into:
        profile = holdings.profiles.get(profile.merged_into)
    return profile.profile_id if profile else ""


def _compare_person(
    person: LedgerPerson, pointers: Mapping[str, str], holdings: ProfileHoldings
) -> Iterator[ProfileDifference]:
    home_ids = {find_home_profile_id(name, pointers, holdings) for name in person.subjects}
    home_id = max(home_ids)
    if len(home_ids) > 1:
        detail = f"the subjects lead to {len(home_ids)} profiles"
        yield ProfileDifference("divided_person", home_id, detail)
    profile = holdings.profiles.get(home_id)
    if profile is None:
        yield ProfileDifference("missing_profile", "", f"no profile for {person.subjects[0]}")
        return
    yield from _compare_subjects(profile, person.subjects)
    events = person.decode_events()
    yield from _compare_state(profile, fold_events(events))
    yield from _compare_orders(profile, holdings, fold_orders(events))


def _compare_subjects(profile: Profile, expected: tuple[str, ...]) -> Iterator[ProfileDifference]:
    if profile.subjects != expected:
        wrong = sort_by_strength(set(profile.subjects) ^ set(expected))
        detail = "missing or too many: " + ", ".join(wrong)
        yield ProfileDifference("subjects", profile.profile_id, detail)


def _compare_state(profile: Profile, expected: ProfileState) -> Iterator[ProfileDifference]:
    if encode_state(profile.state) == encode_state(expected):
        return
    for field in ProfileState.__struct_fields__:
        values = getattr(profile.state, field), getattr(expected, field)
        if values[0] != values[1]:
            stored_text, expected_text = (
                msgspec.json.encode(value, order="deterministic").decode() for value in values
            )
            detail = f"{field} is {stored_text} and should be {expected_text}"
            yield ProfileDifference("state", profile.profile_id, detail)


def _compare_orders(
    profile: Profile, holdings: ProfileHoldings, expected: Mapping[str, Order]
) -> Iterator[ProfileDifference]:
    stored = holdings.orders.get(profile.profile_id, {})
    for key in sorted(stored.keys() | expected.keys()):
        if stored.get(key) != expected.get(key):
            kind = "orders" if key in expected else "orphan_orders"
            detail = f"order {key} differs from its events" if key in stored else f"no order {key}"
            yield ProfileDifference(kind, profile.profile_id, detail)


def _find_orphans(
    persons: Iterable[LedgerPerson], pointers: Mapping[str, str], holdings: ProfileHoldings
) -> Iterator[ProfileDifference]:
    home_ids = {
        find_home_profile_id(subject, pointers, holdings)
        for person in persons
        for subject in person.subjects
    }
    for profile in holdings.profiles.values():
        if profile.profile_id not in home_ids and not profile.merged_into:
            detail = "no subject leads to it"
            yield ProfileDifference("unknown_profile", profile.profile_id, detail)
    for profile_id in holdings.orders.keys() - home_ids:
        keys = ", ".join(sorted(holdings.orders[profile_id]))
        detail = f"orders {keys} belong to no person"
        yield ProfileDifference("orphan_orders", profile_id, detail)
