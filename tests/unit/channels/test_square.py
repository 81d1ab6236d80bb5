"""Test that a completed Square payment is a sale, at the till or online, and that refunds refer to it."""

from itertools import permutations
from typing import Any

import msgspec
import pytest

from regulars.channels.contract import Draft, Request
from regulars.channels.payments.square import webhook as square
from regulars.channels.signatures.shared_secret import hmac_base64
from regulars.domain.errors import InvalidEventError, SignatureError
from regulars.domain.events import Event
from regulars.domain.profiles import fold_events
from tests.support.deliveries import (
    EMAIL_ADDRESS,
    NOW,
    consent_statuses,
    identifier_values,
    json_delivery,
)

URL = "https://hooks.example.com/hooks/square/main"
PAYMENT: dict[str, Any] = {
    "id": "pay_1",
    "order_id": "order_1",
    "status": "COMPLETED",
    "total_money": {"amount": 1250, "currency": "JPY"},
    "amount_money": {"amount": 1200, "currency": "JPY"},
    "created_at": "2026-11-20T08:59:00Z",
    "updated_at": "2026-11-20T09:00:00Z",
    "source_type": "CARD",
    "card_details": {"card": {"last_4": "canary"}},
    "buyer_email_address": EMAIL_ADDRESS,
}
REFUND: dict[str, Any] = {
    "id": "pay_1_refund_1",
    "payment_id": "pay_1",
    "order_id": "order_of_the_return",
    "status": "COMPLETED",
    "amount_money": {"amount": 250, "currency": "JPY"},
    "updated_at": "2026-11-20T09:30:00Z",
}
POINT_OF_SALE = {"application_details": {"square_product": "SQUARE_POS"}}


def translate_drafts(type_: str, resource: dict[str, Any], event_id: str = "e") -> list[Draft]:
    event = {"type": type_, "event_id": event_id, "created_at": "2026-11-20T09:00:00Z"}
    name = type_.partition(".")[0]
    return square.translate_delivery(json_delivery(event | {"data": {"object": {name: resource}}}))


def deduplicate_events(*deliveries: list[Draft]) -> list[Event]:
    events: dict[str, Event] = {}
    for draft in (draft for delivery in deliveries for draft in delivery):
        events.setdefault(draft.event.id, msgspec.structs.replace(draft.event, subjects=("e:z",)))
    return list(events.values())


def test_completed_payment_is_an_order_with_its_tip() -> None:
    (draft,) = translate_drafts("payment.updated", PAYMENT)
    assert draft.event.order
    assert (draft.event.order.key, draft.event.order.total) == ("square/main/pay_1", 1250)
    assert draft.event.channel == "shop"


def test_till_sale_is_a_second_event() -> None:
    drafts = translate_drafts("payment.updated", PAYMENT | POINT_OF_SALE)
    assert [(draft.event.type, draft.event.channel) for draft in drafts] == [
        ("Payment Succeeded", "pos"),
        ("In-Store Sale", "pos"),
    ]


@pytest.mark.parametrize(
    ("status", "type_"),
    [
        ("APPROVED", "Payment Pending"),
        ("PENDING", "Payment Pending"),
        ("CANCELED", "Payment Failed"),
        ("FAILED", "Payment Failed"),
    ],
)
def test_payment_has_no_order_until_it_is_completed(status: str, type_: str) -> None:
    (draft,) = translate_drafts("payment.updated", PAYMENT | {"status": status})
    assert (draft.event.type, draft.event.order) == (type_, None)


def test_payment_is_one_event_when_it_is_updated_often() -> None:
    updates = [translate_drafts("payment.updated", PAYMENT, event_id) for event_id in ("e1", "e2")]
    assert len(deduplicate_events(*updates)) == 1


def test_refund_counts_once_when_payment_and_refund_report_it() -> None:
    refund_fields = {"refunded_money": REFUND["amount_money"], "updated_at": "2026-11-20T09:31:00Z"}
    deliveries = [
        translate_drafts("payment.updated", PAYMENT, "e1"),
        translate_drafts("refund.created", REFUND | {"status": "PENDING"}, "e2"),
        translate_drafts("refund.updated", REFUND, "e3"),
        translate_drafts("payment.updated", PAYMENT | refund_fields, "e4"),
    ]
    for order in permutations(deliveries):
        assert fold_events(deduplicate_events(*order)).orders.money == {"JPY": 1000}


def test_rejected_refund_returns_no_money() -> None:
    rejected = REFUND | {"status": "REJECTED", "updated_at": "2026-11-20T10:00:00Z"}
    deliveries = [
        translate_drafts("payment.updated", PAYMENT, "e1"),
        translate_drafts("refund.created", REFUND | {"status": "PENDING"}, "e2"),
        translate_drafts("refund.updated", rejected, "e3"),
    ]
    for order in permutations(deliveries):
        assert fold_events(deduplicate_events(*order)).orders.money == {"JPY": 1250}


def test_card_is_not_stored() -> None:
    assert "canary" not in str(translate_drafts("payment.updated", PAYMENT))


def test_cash_payment_names_no_person() -> None:
    cash = {name: value for name, value in PAYMENT.items() if name != "buyer_email_address"}
    assert identifier_values(translate_drafts("payment.updated", cash | POINT_OF_SALE)) == [(), ()]


@pytest.mark.parametrize(("unsubscribed", "expected"), [(True, [("email", "denied")]), (False, [])])
def test_customer_denies_consent_and_never_grants_it(
    unsubscribed: bool, expected: list[Any]
) -> None:
    customer = {"id": "c_1", "given_name": "Zebedee", "phone_number": "020 7946 0018"}
    preferences = {"preferences": {"email_unsubscribed": unsubscribed}}
    (draft,) = translate_drafts("customer.updated", customer | preferences)
    assert consent_statuses(draft.event) == expected
    assert [identifier.value for identifier in draft.identifiers] == ["c_1", "+442079460018"]


def test_stock_event_is_created_for_each_count() -> None:
    counts = [{"catalog_object_id": "p", "quantity": "3"}, {"catalog_object_id": "q"}]
    event = {"type": "inventory.count.updated", "event_id": "e", "created_at": "2026-11-20"}
    drafts = square.translate_delivery(
        json_delivery(event | {"data": {"object": {"inventory_counts": counts}}})
    )
    assert [draft.event.properties["catalog_object_id"] for draft in drafts] == ["p", "q"]
    assert len({draft.event.id for draft in drafts}) == 2


def test_signature_covers_url_and_body() -> None:
    headers = {"x-square-hmacsha256-signature": hmac_base64(b"key", URL.encode() + b"{}").decode()}
    request = Request(source="main", body=b"{}", received_at=NOW, headers=headers, url=URL)
    square.verify_delivery(request, ["newer", "key"], NOW)
    with pytest.raises(SignatureError, match="signature"):
        square.verify_delivery(msgspec.structs.replace(request, url=f"{URL}/"), ["key"], NOW)


def test_unknown_type_is_rejected() -> None:
    with pytest.raises(InvalidEventError) as raised:
        translate_drafts("payout.sent", {"id": "p"})
    assert raised.value.code == "unknown_topic"


def test_sample_is_verified_and_marked_as_test() -> None:
    sample = square.build_sample(Request(source="main", body=b"", received_at=NOW, url=URL), "key")
    square.verify_delivery(sample, ["key"], NOW)
    assert [draft.event.test for draft in square.translate_delivery(sample)] == [True]
