"""The proof that profiles are the fold of the ledger: silent when they are, and telling what is wrong when not."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from regulars.domain.events import Event, OrderFact, event_id
from regulars.domain.identifiers import profile_id
from regulars.domain.orders import Order
from regulars.domain.profiles import Profile
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.profiles.update import update_profiles
from regulars.profiles.verify import Verification, verify
from regulars.store.inventory import Inventory
from regulars.store.ledger import Ledger
from regulars.store.people import People
from regulars.store.profile_stores import Stores
from regulars.store.profiles import Profiles, StoredOrder
from regulars.store.rejects import Rejects
from tests.support.aws import Deployed

ANN, OLD = profile_id("u:ann"), profile_id("a:1")


def event(name: str, *subjects: str, day: int = 1, **fields: Any) -> Event:
    at = f"2026-11-{day:02}T10:00:00.000Z"
    return Event(event_id(name), "Page Viewed", "web", "segment/web", at, at, subjects, **fields)


EVENTS = [
    event("page", "a:1"),
    event("order", "u:ann", day=2, order=OrderFact("shop/1", "1", total=990, currency="EUR")),
    event("bob", "u:bob", "e:bob"),
    event("test", "u:ann", test=True),
    event("nobody"),
]
LINK = event("link", "u:ann", "a:1", day=3)


@pytest.fixture
def stores(aws: Deployed) -> Stores:
    """Ann, whose two profiles became one, and Bob."""
    client = aws.dynamodb
    stores = Stores(
        People("test-people", client),
        Profiles("test-profiles", client),
        Ledger("test-events", client),
        Rejects("test-rejects", client),
    )
    stores.ledger.record([*EVENTS, LINK])
    for batch in (EVENTS, [LINK]):
        update_profiles(ChangeBatch(tuple(map(EventChange, batch))), stores, datetime.now(UTC))
    return stores


@pytest.fixture
def check(aws: Deployed) -> Callable[[], Verification]:
    inventory = Inventory("test-events", "test-people", "test-profiles", aws.dynamodb)
    return lambda: verify(inventory)


def damage(stores: Stores, **fields: Any) -> None:
    """Change what is stored of Ann."""
    profile = stores.profiles.read([OLD])[OLD]
    stores.profiles.write(replace(profile, rev=profile.rev + 1, **fields))


def wrong_count(stores: Stores) -> None:
    damage(stores, state=replace(stores.profiles.read([OLD])[OLD].state, events=9))


def wrong_subjects(stores: Stores) -> None:
    damage(stores, subjects=("u:ann",))


def lost_order(stores: Stores) -> None:
    stores.profiles.delete_order(OLD, "shop/1", 1)


def orphan_order(stores: Stores) -> None:
    stores.profiles.write_order(OLD, "shop/9", StoredOrder(Order(), 1))


def order_of_nobody(stores: Stores) -> None:
    stores.profiles.write_order(ANN, "shop/9", StoredOrder(Order(), 1))


def profile_of_nobody(stores: Stores) -> None:
    stores.profiles.write(Profile("p_nobody", rev=1))


def divided(stores: Stores) -> None:
    stores.profiles.write(Profile("p_other", rev=1))
    stores.people.point("a:1", "p_other", OLD)


def uncounted(stores: Stores) -> None:
    stores.ledger.record([event("late", "u:ann")])


def unknown_person(stores: Stores) -> None:
    stores.ledger.record([event("new", "u:carol")])


def test_nothing_differs_when_every_event_was_folded(
    stores: Stores, check: Callable[[], Verification]
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
    stores: Stores,
    check: Callable[[], Verification],
    harm: Callable[[Stores], None],
    kinds: list[str],
) -> None:
    harm(stores)
    assert [difference.kind for difference in check().differences] == kinds


def test_person_divided_between_profiles_is_told(
    stores: Stores, check: Callable[[], Verification]
) -> None:
    divided(stores)
    assert "divided_person" in {difference.kind for difference in check().differences}


def test_difference_says_what_is_and_what_should_be(
    stores: Stores, check: Callable[[], Verification]
) -> None:
    wrong_count(stores)
    (difference,) = check().differences
    assert (difference.profile_id, difference.detail) == (OLD, "events is 9 and should be 3")
