"""The verification of profiles: no difference when they are the fold of the ledger; each damage is named and repaired."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from regulars.domain.events import Event, OrderFact, event_id
from regulars.domain.identifiers import profile_id_of
from regulars.domain.orders import Order
from regulars.domain.profiles import SubjectProfile
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.profiles.repair import repair_profiles
from regulars.profiles.update import update_profiles
from regulars.profiles.verify import Verification, verify_profiles
from regulars.store.inventory import Inventory
from regulars.store.ledger import Ledger
from regulars.store.orders import OrderRecord, Orders
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import Profiles, SubjectIdentity
from regulars.store.rejects import Rejects
from tests.support.aws import MotoStack


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
    """Stores with Ann, who has a device, and Bob."""
    client = aws.dynamodb
    stores = ProfileStores(
        profiles=Profiles("test-profiles", client),
        orders=Orders("test-profiles", client),
        ledger=Ledger("test-events", client),
        rejects=Rejects("test-rejects", client),
    )
    stores.ledger.record_events([*EVENTS, LINK])
    for batch in (EVENTS, [LINK]):
        update_profiles(ChangeBatch(tuple(map(EventChange, batch))), stores, datetime.now(UTC))
    return stores


@pytest.fixture
def inventory(aws: MotoStack) -> Inventory:
    return Inventory("test-events", "test-profiles", aws.dynamodb)


def set_wrong_count(stores: ProfileStores) -> None:
    profile = stores.profiles.read_subjects(["u:ann"]).get_profile("u:ann")
    state = replace(profile.state, events=9)
    stores.profiles.write_profile(replace(profile, rev=profile.rev + 1, state=state))


def forget_links(stores: ProfileStores) -> None:
    identity = stores.profiles.read_subjects(["u:ann"]).get_identity("u:ann")
    facts = replace(identity.facts, links={})
    stores.profiles.write_identity(replace(identity, rev=identity.rev + 1, facts=facts))


def set_wrong_total(stores: ProfileStores) -> None:
    record = stores.orders.read_orders(["shop/1"])["shop/1"]
    order = replace(record.order, total=1)
    stores.orders.write_order(replace(record, rev=record.rev + 1, order=order))


def move_order(stores: ProfileStores) -> None:
    record = stores.orders.read_orders(["shop/1"])["shop/1"]
    reports = {"u:bob": (0, 1)}
    stores.orders.write_order(replace(record, rev=record.rev + 1, reports=reports))


def add_order_of_nobody(stores: ProfileStores) -> None:
    stores.orders.write_order(OrderRecord(key="shop/9", order=Order(event="1"), rev=1))


def add_profile_of_nobody(stores: ProfileStores) -> None:
    state = stores.profiles.read_subjects(["u:bob"]).get_profile("u:bob").state
    stores.profiles.write_profile(SubjectProfile(subject="u:nobody", state=state, rev=1))


def add_identity_of_nobody(stores: ProfileStores) -> None:
    facts = stores.profiles.read_facts(["u:bob"])["u:bob"]
    stores.profiles.write_identity(SubjectIdentity(subject="u:nobody", facts=facts, rev=1))


def record_uncounted_event(stores: ProfileStores) -> None:
    stores.ledger.record_events([build_event("late", "u:ann", day=4)])


def record_unknown_person(stores: ProfileStores) -> None:
    order = OrderFact(key="shop/2", version="1", total=500, currency="EUR")
    stores.ledger.record_events([build_event("new", "u:carol", order=order)])


def store_outdated_items(stores: ProfileStores) -> None:
    for sort_key in ("profile", "order#shop/1", "applied##0000000001"):
        item = {"profile_id": {"S": profile_id_of("u:ann")}, "sk": {"S": sort_key}}
        stores.profiles._client.put_item(TableName="test-profiles", Item=item)


DAMAGES = [
    (set_wrong_count, [("profile", "u:ann")]),
    (forget_links, [("identity", "u:ann")]),
    (set_wrong_total, [("order", "shop/1")]),
    (move_order, [("order", "shop/1")]),
    (add_order_of_nobody, [("order", "shop/9")]),
    (add_profile_of_nobody, [("profile", "u:nobody")] * 3),
    (add_identity_of_nobody, [("identity", "u:nobody")]),
    (record_uncounted_event, [("profile", "u:ann")] * 3),
    (record_unknown_person, [("identity", "u:carol"), ("order", "shop/2"), ("profile", "u:carol")]),
    (store_outdated_items, [("outdated", "")]),
]


def test_nothing_differs_when_every_event_was_folded(
    stores: ProfileStores,
    inventory: Inventory,
) -> None:
    assert verify_profiles(inventory) == Verification(
        events=4, people=2, identifiers=4, differences=()
    )


@pytest.mark.parametrize(("damage", "differences"), DAMAGES)
def test_every_damage_is_reported(
    stores: ProfileStores,
    inventory: Inventory,
    damage: Callable[[ProfileStores], None],
    differences: list[tuple[str, str]],
) -> None:
    damage(stores)
    found = verify_profiles(inventory).differences
    assert [(difference.part, difference.name) for difference in found] == differences


@pytest.mark.parametrize("damage", [damage for damage, _ in DAMAGES])
def test_every_damage_is_repaired(
    stores: ProfileStores, inventory: Inventory, damage: Callable[[ProfileStores], None]
) -> None:
    damage(stores)
    assert repair_profiles(inventory, stores).differences == ()
    assert verify_profiles(inventory).differences == ()


def test_repair_rebuilds_everything_from_the_ledger(
    stores: ProfileStores, inventory: Inventory, aws: MotoStack
) -> None:
    before = inventory.scan_profiles()
    for item in aws.dynamodb.scan(TableName="test-profiles")["Items"]:
        key = {name: item[name] for name in ("profile_id", "sk")}
        aws.dynamodb.delete_item(TableName="test-profiles", Key=key)
    progress: list[tuple[int, int]] = []
    verification = repair_profiles(inventory, stores, lambda *counts: progress.append(counts))
    after = inventory.scan_profiles()
    assert verification == Verification(events=4, people=2, identifiers=4, differences=())
    assert progress[-1][0] == progress[-1][1] == len(progress)
    assert {key: one.state for key, one in after.profiles.items()} == {
        key: one.state for key, one in before.profiles.items()
    }


def test_repair_leaves_what_another_worker_wrote_meanwhile(
    stores: ProfileStores, inventory: Inventory
) -> None:
    set_wrong_count(stores)
    late = build_event("late", "u:ann", day=4)

    def count_late_event(done: int, _: int) -> None:
        if done == 1 and not stores.ledger.record_events([late]).known:
            batch = ChangeBatch((EventChange(late),))
            update_profiles(batch, stores, datetime.now(UTC))

    assert repair_profiles(inventory, stores, count_late_event).differences == ()
    assert stores.profiles.read_subjects(["u:ann"]).get_profile("u:ann").state.events == 3


def test_difference_names_stored_and_expected_value(
    stores: ProfileStores, inventory: Inventory
) -> None:
    set_wrong_count(stores)
    (difference,) = verify_profiles(inventory).differences
    assert (difference.name, difference.detail) == ("u:ann", "events is 9 and should be 2")
