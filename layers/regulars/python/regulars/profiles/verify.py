"""The proof that every profile is the fold of its ledger: all of them recomputed, every difference told."""

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
from regulars.identity.grouping import Components, counts
from regulars.store.inventory import Inventory, ProfileHoldings


class Difference(msgspec.Struct, frozen=True):
    """One thing that is not as the ledger says; `profile_id` is '' when there is no profile to name.

    `kind` is one of missing_profile, divided_person, subjects, state, orders, orphan_orders, unknown_profile.
    """

    kind: str
    profile_id: str
    detail: str


class Verification(msgspec.Struct, frozen=True):
    """What was compared, and what was found to differ."""

    events: int
    persons: int
    differences: tuple[Difference, ...]


class Person(msgspec.Struct, frozen=True):
    """A person as the ledger knows them: everything that belongs together by any event."""

    subjects: tuple[str, ...]
    told: tuple[bytes, ...]  # encoded: a ledger of events is smaller this way

    def events(self) -> list[Event]:
        """The person's events."""
        return [decode_event(text) for text in self.told]


def verify(inventory: Inventory) -> Verification:
    """Compare all that is stored with what the ledger says. Nothing may be written meanwhile."""
    everybody = persons(inventory.scan_events())
    pointers, holdings = inventory.scan_pointers(), inventory.scan_holdings()
    differences = chain(
        chain.from_iterable(_compare(person, pointers, holdings) for person in everybody),
        _left_over(everybody, pointers, holdings),
    )
    return Verification(
        sum(len(person.told) for person in everybody), len(everybody), tuple(differences)
    )


def persons(events: Iterable[Event]) -> list[Person]:
    """Everybody the events tell of; tests and events of nobody are left out."""
    components = Components()
    told: dict[str, list[bytes]] = {}
    subjects: set[str] = set()
    for event in filter(counts, events):
        components.join(event.subjects)
        subjects.update(event.subjects)
        told.setdefault(event.subject, []).append(encode_event(event))
    members: dict[str, list[str]] = {}
    for subject in subjects:
        members.setdefault(components.root(subject), []).append(subject)
    return [
        Person(
            sort_by_strength(names),
            tuple(chain.from_iterable(told.get(name, ()) for name in names)),
        )
        for names in members.values()
    ]


def home(subject: str, pointers: Mapping[str, str], holdings: ProfileHoldings) -> str:
    """The profile a subject leads to, '' when it leads nowhere."""
    profile = holdings.profiles.get(pointers.get(subject, ""))
    while profile and profile.merged_into:
        profile = holdings.profiles.get(profile.merged_into)
    return profile.profile_id if profile else ""


def _compare(
    person: Person, pointers: Mapping[str, str], holdings: ProfileHoldings
) -> Iterator[Difference]:
    homes = {home(subject, pointers, holdings) for subject in person.subjects}
    if len(homes) > 1:
        yield Difference("divided_person", max(homes), f"leads to {len(homes)} profiles")
    profile = holdings.profiles.get(max(homes))
    if profile is None:
        yield Difference("missing_profile", "", f"no profile for {person.subjects[0]}")
        return
    if profile.subjects != person.subjects:
        wrong = set(profile.subjects) ^ set(person.subjects)
        detail = "missing or too many: " + ", ".join(sort_by_strength(wrong))
        yield Difference("subjects", profile.profile_id, detail)
    events = person.events()
    yield from _compare_state(profile, fold_events(events))
    yield from _compare_orders(profile, holdings, fold_orders(events))


def _compare_state(profile: Profile, expected: ProfileState) -> Iterator[Difference]:
    if encode_state(profile.state) == encode_state(expected):
        return
    for field in ProfileState.__struct_fields__:
        is_, should = getattr(profile.state, field), getattr(expected, field)
        if is_ != should:
            texts = [
                msgspec.json.encode(value, order="deterministic").decode()
                for value in (is_, should)
            ]
            detail = "{} is {} and should be {}".format(field, *texts)
            yield Difference("state", profile.profile_id, detail)


def _compare_orders(
    profile: Profile, holdings: ProfileHoldings, expected: Mapping[str, Order]
) -> Iterator[Difference]:
    stored = holdings.orders.get(profile.profile_id, {})
    for key in sorted(stored.keys() | expected.keys()):
        if stored.get(key) != expected.get(key):
            kind = "orders" if key in expected else "orphan_orders"
            detail = f"order {key} is not as it was told" if key in stored else f"no order {key}"
            yield Difference(kind, profile.profile_id, detail)


def _left_over(
    everybody: Iterable[Person], pointers: Mapping[str, str], holdings: ProfileHoldings
) -> Iterator[Difference]:
    homes = {
        home(subject, pointers, holdings) for person in everybody for subject in person.subjects
    }
    for profile in holdings.profiles.values():
        if profile.profile_id not in homes and not profile.merged_into:
            yield Difference("unknown_profile", profile.profile_id, "nobody leads to it")
    for profile_id in holdings.orders.keys() - homes:
        keys = ", ".join(sorted(holdings.orders[profile_id]))
        yield Difference("orphan_orders", profile_id, f"orders {keys} are nobody's")
