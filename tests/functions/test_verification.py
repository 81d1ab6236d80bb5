"""The verification of profiles: no difference when they are the fold of the ledger, and each difference named."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from regulars.domain.events import Event, OrderFact, event_id
from regulars.domain.identifiers import profile_id_of
from regulars.domain.orders import Order
from regulars.domain.profiles import Profile
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.profiles.update import update_profiles
from regulars.profiles.verify import Verification, verify_profiles
from regulars.store.inventory import Inventory
from regulars.store.ledger import Ledger
from regulars.store.people import People
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import Profiles, StoredOrder
from regulars.store.rejects import Rejects
from tests.support.aws import MotoStack

ANN_SUBJECT, OLD_EVENT = profile_id_of("u:ann"), profile_id_of("a:1")


def build_event(name: str, *subjects: str, day: int = 1, **fields: Any) -> Event:
    at = f"2026-11-{day:02}T10:00:00.000Z"
    return Event(
        id=event_id(name),
        type="Page Viewed",
        channel="web",
        source="segment/web",
        occurred_at=at,
        received_at=at,
        subjects=subjects,
        **fields,
    )


EVENTS = [
    build_event("page", "a:1"),
    build_event(
        "order",
        "u:ann",
        day=2,
        order=OrderFact(key="shop/1", version="1", total=990, currency="EUR"),
    ),
    build_event("bob", "u:bob", "e:bob"),
    build_event("test", "u:ann", test=True),
    build_event("nobody"),
]
LINK = build_event("link", "u:ann", "a:1", day=3)


@pytest.fixture
def stores(aws: MotoStack) -> ProfileStores:
    """Stores with Ann, whose two profiles were merged, and Bob."""
    client = aws.dynamodb
    stores = ProfileStores(
        people=People("test-people", client),
        profiles=Profiles("test-profiles", client),
        ledger=Ledger("test-events", client),
        rejects=Rejects("test-rejects", client),
    )
    stores.ledger.record_events([*EVENTS, LINK])
    for batch in (EVENTS, [LINK]):
        update_profiles(ChangeBatch(tuple(map(EventChange, batch))), stores, datetime.now(UTC))
    return stores


@pytest.fixture
def check(aws: MotoStack) -> Callable[[], Verification]:
    inventory = Inventory("test-events", "test-people", "test-profiles", aws.dynamodb)
    return lambda: verify_profiles(inventory)


def replace_profile(stores: ProfileStores, **fields: Any) -> None:
    """Change the stored profile of Ann."""
    profile = stores.profiles.read_profiles([OLD_EVENT])[OLD_EVENT]
    stores.profiles.write_profile(replace(profile, rev=profile.rev + 1, **fields))


def set_wrong_count(stores: ProfileStores) -> None:
    replace_profile(
        stores, state=replace(stores.profiles.read_profiles([OLD_EVENT])[OLD_EVENT].state, events=9)
    )


def set_wrong_subjects(stores: ProfileStores) -> None:
    replace_profile(stores, subjects=("u:ann",))


def delete_order(stores: ProfileStores) -> None:
    stores.profiles.delete_order(OLD_EVENT, "shop/1", 1)


def add_orphan_order(stores: ProfileStores) -> None:
    stores.profiles.write_order(OLD_EVENT, "shop/9", StoredOrder(Order(), 1))


def add_order_of_nobody(stores: ProfileStores) -> None:
    stores.profiles.write_order(ANN_SUBJECT, "shop/9", StoredOrder(Order(), 1))


def add_profile_of_nobody(stores: ProfileStores) -> None:
    stores.profiles.write_profile(Profile(profile_id="p_nobody", rev=1))


def split_person(stores: ProfileStores) -> None:
    stores.profiles.write_profile(Profile(profile_id="p_other", rev=1))
    stores.people.point_subject("a:1", "p_other", OLD_EVENT)


def record_uncounted_event(stores: ProfileStores) -> None:
    stores.ledger.record_events([build_event("late", "u:ann")])


def record_unknown_person(stores: ProfileStores) -> None:
    stores.ledger.record_events([build_event("new", "u:carol")])


def test_nothing_differs_when_every_event_was_folded(
    stores: ProfileStores, check: Callable[[], Verification]
) -> None:
    assert check() == Verification(events=4, persons=2, differences=())


@pytest.mark.parametrize(
    ("damage", "kinds"),
    [
        (set_wrong_count, ["state"]),
        (set_wrong_subjects, ["subjects"]),
        (delete_order, ["orders"]),
        (add_orphan_order, ["orphan_orders"]),
        (add_order_of_nobody, ["orphan_orders"]),
        (add_profile_of_nobody, ["unknown_profile"]),
        (record_uncounted_event, ["state", "state", "state"]),
        (record_unknown_person, ["missing_profile"]),
    ],
)
def test_every_damage_is_reported(
    stores: ProfileStores,
    check: Callable[[], Verification],
    damage: Callable[[ProfileStores], None],
    kinds: list[str],
) -> None:
    damage(stores)
    assert [difference.kind for difference in check().differences] == kinds


def test_person_divided_between_profiles_is_reported(
    stores: ProfileStores, check: Callable[[], Verification]
) -> None:
    split_person(stores)
    assert "divided_person" in {difference.kind for difference in check().differences}


def test_difference_names_stored_and_expected_value(
    stores: ProfileStores, check: Callable[[], Verification]
) -> None:
    set_wrong_count(stores)
    (difference,) = check().differences
    assert (difference.profile_id, difference.detail) == (OLD_EVENT, "events is 9 and should be 3")
