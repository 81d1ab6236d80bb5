"""The proof that profiles are the fold of the ledger: silent when they are, and telling what is wrong when not."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from regulars.domain.events import Event, OrderFact, event_id
from regulars.domain.identifiers import profile_id_of
from regulars.domain.orders import Order
from regulars.domain.profiles import Profile
from regulars.profiles.update import update_profiles
from regulars.profiles.verify import Verification, verify_profiles
from regulars.store.inventory import Inventory
from regulars.store.ledger import Ledger
from regulars.store.people import People
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import Profiles, StoredOrder
from regulars.store.rejects import Rejects
from regulars.transport.stream_events import Batch, Change
from tests.support.aws import Deployed

ANN, OLD = profile_id_of("u:ann"), profile_id_of("a:1")


def event(name: str, *subjects: str, day: int = 1, **fields: Any) -> Event:
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
    event("page", "a:1"),
    event(
        "order",
        "u:ann",
        day=2,
        order=OrderFact(key="shop/1", version="1", total=990, currency="EUR"),
    ),
    event("bob", "u:bob", "e:bob"),
    event("test", "u:ann", test=True),
    event("nobody"),
]
LINK = event("link", "u:ann", "a:1", day=3)


@pytest.fixture
def stores(aws: Deployed) -> ProfileStores:
    """Ann, whose two profiles became one, and Bob."""
    client = aws.dynamodb
    stores = ProfileStores(
        people=People("test-people", client),
        profiles=Profiles("test-profiles", client),
        ledger=Ledger("test-events", client),
        rejects=Rejects("test-rejects", client),
    )
    stores.ledger.record_events([*EVENTS, LINK])
    for batch in (EVENTS, [LINK]):
        update_profiles(Batch(tuple(map(Change, batch))), stores, datetime.now(UTC))
    return stores


@pytest.fixture
def check(aws: Deployed) -> Callable[[], Verification]:
    inventory = Inventory("test-events", "test-people", "test-profiles", aws.dynamodb)
    return lambda: verify_profiles(inventory)


def damage(stores: ProfileStores, **fields: Any) -> None:
    """Change what is stored of Ann."""
    profile = stores.profiles.read_profiles([OLD])[OLD]
    stores.profiles.write_profile(replace(profile, rev=profile.rev + 1, **fields))


def wrong_count(stores: ProfileStores) -> None:
    damage(stores, state=replace(stores.profiles.read_profiles([OLD])[OLD].state, events=9))


def wrong_subjects(stores: ProfileStores) -> None:
    damage(stores, subjects=("u:ann",))


def lost_order(stores: ProfileStores) -> None:
    stores.profiles.delete_order(OLD, "shop/1", 1)


def orphan_order(stores: ProfileStores) -> None:
    stores.profiles.write_order(OLD, "shop/9", StoredOrder(Order(), 1))


def order_of_nobody(stores: ProfileStores) -> None:
    stores.profiles.write_order(ANN, "shop/9", StoredOrder(Order(), 1))


def profile_of_nobody(stores: ProfileStores) -> None:
    stores.profiles.write_profile(Profile(profile_id="p_nobody", rev=1))


def divided(stores: ProfileStores) -> None:
    stores.profiles.write_profile(Profile(profile_id="p_other", rev=1))
    stores.people.point_subject("a:1", "p_other", OLD)


def uncounted(stores: ProfileStores) -> None:
    stores.ledger.record_events([event("late", "u:ann")])


def unknown_person(stores: ProfileStores) -> None:
    stores.ledger.record_events([event("new", "u:carol")])


def test_nothing_differs_when_every_event_was_folded(
    stores: ProfileStores, check: Callable[[], Verification]
) -> None:
    assert check() == Verification(events=4, persons=2, differences=())


@pytest.mark.parametrize(
    ("harm", "kinds"),
    [
        (wrong_count, ["state"]),
        (wrong_subjects, ["subjects"]),
        (lost_order, ["orders"]),
        (orphan_order, ["orphan_orders"]),
        (order_of_nobody, ["orphan_orders"]),
        (profile_of_nobody, ["unknown_profile"]),
        (uncounted, ["state", "state", "state"]),
        (unknown_person, ["missing_profile"]),
    ],
)
def test_every_harm_is_told(
    stores: ProfileStores,
    check: Callable[[], Verification],
    harm: Callable[[ProfileStores], None],
    kinds: list[str],
) -> None:
    harm(stores)
    assert [difference.kind for difference in check().differences] == kinds


def test_person_divided_between_profiles_is_told(
    stores: ProfileStores, check: Callable[[], Verification]
) -> None:
    divided(stores)
    assert "divided_person" in {difference.kind for difference in check().differences}


def test_difference_says_what_is_and_what_should_be(
    stores: ProfileStores, check: Callable[[], Verification]
) -> None:
    wrong_count(stores)
    (difference,) = check().differences
    assert (difference.profile_id, difference.detail) == (OLD, "events is 9 and should be 3")
