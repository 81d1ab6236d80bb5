"""Erasures that touch other people, that are interrupted or repeated, and people who come back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from regulars.channels.contract import Draft
from regulars.domain.events import ConsentChange, Event, OrderFact, event_id
from regulars.domain.identifiers import Identifier, list_identifiers, subject_key
from regulars.domain.times import from_text, to_text
from regulars.identity.decisions import build_decision_event
from regulars.ingestion.recording import Recorder
from regulars.privacy.opened_stores import open_erasure_stores
from regulars.privacy.people_sweep import PeopleSweep
from regulars.profiles.served_profiles import ServedProfiles
from regulars.store.contacts import Contacts
from regulars.store.ledger import Ledger
from regulars.store.parameters import Parameters
from regulars.store.tombstones import TombstoneStore
from tests.functions.test_erasure import build_eraser, list_differences
from tests.support.aws import PEPPER, MotoStack
from tests.support.canary_shop import TOKEN_PATTERN, CanaryPerson, CanaryShop
from tests.support.deployment import build_deployment

ANN, BEN = CanaryPerson(1), CanaryPerson(2)


@pytest.fixture
def shop(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> CanaryShop:
    """A shop that Ann and Bob have visited."""
    shop = CanaryShop(aws, monkeypatch)
    for person in (ANN, BEN):
        shop.visit(person)
        shop.order(person)
        # What a provider says joins the user id with the address, whatever browsers say later.
        record(aws, shop, *person.subjects[:3])
    return shop


def erase(shop: CanaryShop, *people: CanaryPerson) -> Any:
    eraser = build_eraser(shop.forget_tombstones)
    receipt = eraser.finish_erasure(eraser.start_erasure(one.subjects[1] for one in people))
    shop.deliver_stream()
    return receipt


def find_person(aws: MotoStack, person: CanaryPerson) -> Any:
    return ServedProfiles("test-profiles", aws.dynamodb).find_by_subjects(person.subjects)


def record(aws: MotoStack, shop: CanaryShop, *subjects: str, **fields: Any) -> Event:
    """Record an event of the shop's provider, a day after the visits."""
    defaults: dict[str, Any] = {
        "id": event_id(*subjects, *map(str, fields.values())),
        "type": "Order Updated",
        "channel": "shop",
        "source": "shopify/main",
        "occurred_at": "2026-11-21T09:00:00.000Z",
        "received_at": to_text(datetime.now(UTC)),
    }
    event = Event(**defaults | {"subjects": subjects} | fields)
    Ledger("test-events", aws.dynamodb).record_events([event])
    shop.deliver_stream()
    return event


def test_subjects_of_a_person_are_in_the_order_of_their_strength() -> None:
    assert [key[0] for key in ANN.subjects] == ["u", "e", "p", "a"]


def test_person_who_comes_back_is_a_new_person(aws: MotoStack, shop: CanaryShop) -> None:
    erase(shop, ANN)
    later = to_text(datetime.now(UTC) + timedelta(seconds=1))
    shop.order(ANN, 9, later)
    shop.deliver_stream()
    person = find_person(aws, ANN)
    assert (person.state.orders.count, person.state.events) == (1, 1)
    # Neither a repetition of what is older nor of the erasures takes the new person away.
    shop.repeat_deliveries()
    build_eraser().repeat_erasures()
    assert find_person(aws, ANN).state == person.state
    assert list_differences(aws) == []
    texts = [text for place, text in shop.read_everything() if place.startswith("contacts")]
    assert sum(ANN.email in text for text in texts) == 1


def test_order_during_the_wait_is_that_of_a_new_person(aws: MotoStack, shop: CanaryShop) -> None:
    later = to_text(datetime.now(UTC) + timedelta(minutes=2))

    def place_order() -> None:
        shop.order(ANN, 9, later)
        shop.deliver_stream()
        shop.forget_tombstones()

    eraser = build_eraser(place_order)
    eraser.finish_erasure(eraser.start_erasure([ANN.subjects[1]]))
    shop.deliver_stream()
    assert find_person(aws, ANN).state.orders.count == 1
    assert list_differences(aws) == []


def test_event_of_another_person_loses_only_the_erased_subject(
    aws: MotoStack, shop: CanaryShop
) -> None:
    # Two user ids are never one person: the order is Bob's, Ann's address stands beside it.
    bob_user, ann_email = BEN.subjects[0], ANN.subjects[1]
    order = OrderFact(key="shop/77", version="1", total=500, currency="EUR")
    event = record(aws, shop, bob_user, ann_email, order=order)
    before = find_person(aws, BEN).state
    assert before.orders.count == 2
    erase(shop, ANN)
    assert find_person(aws, BEN).state == before
    (kept,) = [one for one in shop.list_events() if one.id == event.id]
    assert kept.subjects == (bob_user,)
    assert shop.find_traces([ANN]) == []
    assert list_differences(aws) == []


GUEST_IDENTIFIER = Identifier("user_id", "shared till")
BOB_CONTACT = {"phone": BEN.phone, "first_name": "Bob"}
MIXED_CONTACT = {"phone": BEN.phone, "email": ANN.email, "first_name": "Bob"}


def build_draft(name: str, identifiers: tuple[Identifier, ...], contact: dict[str, str]) -> Draft:
    order = OrderFact(key=f"shop/{name}", version="1", total=500, currency="EUR")
    event = Event(
        id=event_id(name),
        type="Order Completed",
        channel="shop",
        source="shopify/main",
        occurred_at="2026-11-20T09:00:00.000Z",
        received_at=to_text(datetime.now(UTC)),
        consents=(ConsentChange(channel="email", status="granted", at="2026-11-20T09:00:00.000Z"),),
        order=order,
    )
    return Draft(event, identifiers, contact)


def open_recorder(aws: MotoStack) -> Recorder:
    return Recorder(
        Ledger("test-events", aws.dynamodb),
        Contacts("test-contacts", aws.dynamodb),
        Parameters(build_deployment().parameters_prefix),
        TombstoneStore("test-profiles", aws.dynamodb),
    )


def describe_recorded(aws: MotoStack, name: str) -> Any:
    """Return the subjects and the consents of an event, None when there is no event."""
    events = Ledger("test-events", aws.dynamodb).read_events([event_id(name)])
    return [(event.subjects, event.consents) for event in events]


@pytest.mark.parametrize(
    ("names", "contact", "is_kept"),
    [
        ((("user_id", BEN.user_id), ("email", ANN.email)), BOB_CONTACT, True),
        ((("user_id", BEN.user_id), ("email", ANN.email)), MIXED_CONTACT, True),
        ((("user_id", BEN.user_id),), MIXED_CONTACT, True),
        ((("user_id", ANN.user_id), ("phone", BEN.phone)), BOB_CONTACT, False),
        ((("user_id", GUEST_IDENTIFIER.value), ("email", ANN.email)), {"email": ANN.email}, False),
        (
            (("user_id", GUEST_IDENTIFIER.value), ("email", BEN.email), ("phone", ANN.phone)),
            {},
            True,
        ),
    ],
)
def test_late_event_becomes_what_the_erasure_makes_of_an_early_one(
    aws: MotoStack,
    shop: CanaryShop,
    names: tuple[tuple[str, str], ...],
    contact: dict[str, str],
    is_kept: bool,
) -> None:
    for number in range(7):  # so many addresses make the id of the till worthless
        record(aws, shop, subject_key(GUEST_IDENTIFIER, PEPPER), f"e:visitor{number}")
    identifiers = tuple(Identifier(*name) for name in names)
    recorder = open_recorder(aws)
    recorder.record([build_draft("early", identifiers, contact)])
    shop.deliver_stream()
    erase(shop, ANN)
    early, contacts = describe_recorded(aws, "early"), shop.scan_table("contacts")
    recorder = open_recorder(aws)
    late = build_draft("late", identifiers, contact)
    for _ in range(2):
        recorded = recorder.record([late])
    assert (recorded.new, recorded.known) == ((), (late.event.id,))
    shop.deliver_stream()
    assert (len(early), describe_recorded(aws, "late")) == (is_kept, early)
    assert shop.scan_table("contacts") == contacts
    assert shop.find_traces([ANN]) == []
    assert list_differences(aws) == []


def test_address_that_was_stated_of_somebody_else_is_removed(
    aws: MotoStack, shop: CanaryShop
) -> None:
    mixed = CanaryPerson(3)
    mixed.phone = ANN.phone
    shop.visit(mixed)
    shop.deliver_stream()
    erase(shop, ANN)
    assert shop.find_traces([ANN]) == []
    person = find_person(aws, mixed)
    assert person is not None


def test_order_that_somebody_else_reports_too_is_counted_for_them(
    aws: MotoStack, shop: CanaryShop
) -> None:
    bob_user = BEN.subjects[0]
    (ann_order,) = {
        event.order.key
        for event in shop.list_events()
        if event.order and not set(event.subjects).isdisjoint(ANN.subjects)
    }
    order = OrderFact(key=ann_order, version="1", total=500, currency="EUR")
    record(aws, shop, bob_user, order=order)
    assert find_person(aws, BEN).state.orders.count == 1
    erase(shop, ANN)
    assert find_person(aws, BEN).state.orders.count == 2
    assert list_differences(aws) == []


def test_decision_about_an_erased_person_is_removed(aws: MotoStack, shop: CanaryShop) -> None:
    now = datetime.now(UTC)
    decision = build_decision_event("separate", ANN.subjects[:1], BEN.subjects[:1], now)
    Ledger("test-events", aws.dynamodb).record_events([decision])
    shop.deliver_stream()
    before = find_person(aws, BEN).state
    erase(shop, ANN)
    assert shop.find_traces([ANN]) == []
    assert find_person(aws, BEN).state == before
    assert list_differences(aws) == []


def test_people_whom_the_owner_joined_are_erased_together(aws: MotoStack, shop: CanaryShop) -> None:
    now = datetime.now(UTC)
    decision = build_decision_event("join", ANN.subjects[:1], BEN.subjects[:1], now)
    Ledger("test-events", aws.dynamodb).record_events([decision])
    shop.deliver_stream()
    erase(shop, ANN)
    assert shop.find_traces([ANN, BEN]) == []
    assert list_differences(aws) == []


@pytest.mark.parametrize(
    "step", ["release_orders", "refresh_others", "delete_people", "count_newer"]
)
def test_interrupted_erasure_goes_on(
    aws: MotoStack, shop: CanaryShop, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    bob_user = BEN.subjects[0]
    record(aws, shop, bob_user, ANN.subjects[1])
    before = find_person(aws, BEN).state
    eraser = build_eraser(shop.forget_tombstones)
    job = eraser.start_erasure([ANN.subjects[1]])
    with monkeypatch.context() as patch:
        patch.setattr(PeopleSweep, step, lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            eraser.finish_erasure(job)
    resumed = eraser.start_erasure([ANN.subjects[1]])
    assert (resumed.id, resumed.erased_at, resumed.phase) == (job.id, job.erased_at, "sweeping")
    eraser.finish_erasure(resumed)
    shop.deliver_stream()
    assert shop.find_traces([ANN]) == []
    assert find_person(aws, BEN).state == before
    assert list_differences(aws) == []


def test_erasure_of_nobody_and_a_second_erasure_find_nothing(
    aws: MotoStack, shop: CanaryShop
) -> None:
    first = erase(shop, ANN)
    assert first.removed["events"] >= 3
    assert erase(shop, ANN).removed == {}
    (identifier,) = list_identifiers("email", "zoe@example.com")
    eraser = build_eraser()
    receipt = eraser.finish_erasure(eraser.start_erasure([subject_key(identifier, PEPPER)]))
    assert (receipt.removed, receipt.identifiers) == ({}, 1)
    assert list_differences(aws) == []


def test_receipts_are_signed(aws: MotoStack, shop: CanaryShop) -> None:
    receipt = erase(shop, ANN)
    archive = open_erasure_stores(build_deployment()).receipts
    assert list(archive.list_receipts()) == [(receipt, True)]
    (key,) = [key for key, _ in shop.list_versions("lake") if key.startswith("receipts/")]
    body = aws.s3.get_object(Bucket="test-lake", Key=key)["Body"].read()
    assert not any(token.encode() in body for token in ANN.tokens)
    count = receipt.removed["events"]
    altered = body.replace(f'"events": {count}'.encode(), b'"events": 99')
    assert altered != body
    aws.s3.put_object(Bucket="test-lake", Key=key, Body=altered)
    assert [is_valid for _, is_valid in archive.list_receipts()] == [False]
    until = from_text(receipt.contact_data_in_backups_until) - from_text(receipt.finished_at)
    assert until == timedelta(days=7)


def test_cart_check_of_an_erased_person_is_cancelled(aws: MotoStack, shop: CanaryShop) -> None:
    now = to_text(datetime.now(UTC))
    shop.visit(ANN, now)
    shop.deliver_stream()
    assert len(shop.list_schedules()) == 1
    receipt = erase(shop, ANN)
    assert (receipt.removed["cart_checks"], shop.list_schedules()) == (1, [])


def test_restored_tables_are_erased_again(aws: MotoStack, shop: CanaryShop) -> None:
    tables = ("events", "profiles", "contacts")
    backup = {name: shop.scan_table(name) for name in tables}
    erase(shop, ANN)
    for name, items in backup.items():
        shop.restore_table(name, items)
    assert shop.find_traces([ANN])
    build_eraser(shop.forget_tombstones).repeat_erasures()
    shop.deliver_stream()
    assert shop.find_traces([ANN]) == []
    assert find_person(aws, BEN) is not None
    assert list_differences(aws) == []


def test_scan_finds_every_kind_of_token(shop: CanaryShop) -> None:
    shop.send_refused(ANN)
    shop.upload("audience.csv", [ANN])
    found = {place.rpartition(": ")[2] for place in shop.find_traces([ANN])}
    kept = {ANN.user_id, ANN.email, ANN.phone, ANN.name, *ANN.subjects}
    assert all(any(token.endswith(one) for one in found) for token in kept)
    assert set(TOKEN_PATTERN.findall(" ".join(BEN.tokens))) == set(BEN.tokens)
