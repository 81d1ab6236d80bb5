"""Square's events: a completed payment is a sale, at the till or online, and refunds find it."""

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
TILL = {"application_details": {"square_product": "SQUARE_POS"}}


def told(type_: str, thing: dict[str, Any], event_id: str = "e") -> list[Draft]:
    event = {"type": type_, "event_id": event_id, "created_at": "2026-11-20T09:00:00Z"}
    name = type_.partition(".")[0]
    return square.translate_delivery(json_delivery(event | {"data": {"object": {name: thing}}}))


def recorded(*deliveries: list[Draft]) -> list[Event]:
    events: dict[str, Event] = {}
    for draft in (draft for delivery in deliveries for draft in delivery):
        events.setdefault(draft.event.id, msgspec.structs.replace(draft.event, subjects=("e:z",)))
    return list(events.values())


def test_completed_payment_is_an_order_with_its_tip() -> None:
    (draft,) = told("payment.updated", PAYMENT)
    assert draft.event.order
    assert (draft.event.order.key, draft.event.order.total) == ("square/main/pay_1", 1250)
    assert draft.event.channel == "shop"


def test_sale_at_the_till_is_told_besides() -> None:
    drafts = told("payment.updated", PAYMENT | TILL)
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
def test_payment_that_is_not_completed_is_no_order(status: str, type_: str) -> None:
    (draft,) = told("payment.updated", PAYMENT | {"status": status})
    assert (draft.event.type, draft.event.order) == (type_, None)


def test_payment_is_told_once_however_often_it_is_updated() -> None:
    updates = [told("payment.updated", PAYMENT, event_id) for event_id in ("e1", "e2")]
    assert len(recorded(*updates)) == 1


def test_refund_is_given_back_once_whoever_tells_it() -> None:
    back = {"refunded_money": REFUND["amount_money"], "updated_at": "2026-11-20T09:31:00Z"}
    deliveries = [
        told("payment.updated", PAYMENT, "e1"),
        told("refund.created", REFUND | {"status": "PENDING"}, "e2"),
        told("refund.updated", REFUND, "e3"),
        told("payment.updated", PAYMENT | back, "e4"),
    ]
    for order in permutations(deliveries):
        assert fold_events(recorded(*order)).orders.money == {"JPY": 1000}


def test_refund_that_was_rejected_gives_nothing_back() -> None:
    rejected = REFUND | {"status": "REJECTED", "updated_at": "2026-11-20T10:00:00Z"}
    deliveries = [
        told("payment.updated", PAYMENT, "e1"),
        told("refund.created", REFUND | {"status": "PENDING"}, "e2"),
        told("refund.updated", rejected, "e3"),
    ]
    for order in permutations(deliveries):
        assert fold_events(recorded(*order)).orders.money == {"JPY": 1250}


def test_card_is_not_kept() -> None:
    assert "canary" not in str(told("payment.updated", PAYMENT))


def test_whoever_pays_cash_is_nobody() -> None:
    cash = {name: value for name, value in PAYMENT.items() if name != "buyer_email_address"}
    assert identifier_values(told("payment.updated", cash | TILL)) == [(), ()]


@pytest.mark.parametrize(("unsubscribed", "expected"), [(True, [("email", "denied")]), (False, [])])
def test_customer_denies_and_never_grants(unsubscribed: bool, expected: list[Any]) -> None:
    customer = {"id": "c_1", "given_name": "Zebedee", "phone_number": "020 7946 0018"}
    preferences = {"preferences": {"email_unsubscribed": unsubscribed}}
    (draft,) = told("customer.updated", customer | preferences)
    assert consent_statuses(draft.event) == expected
    assert [each.value for each in draft.identifiers] == ["c_1", "+442079460018"]


def test_stock_is_told_count_by_count() -> None:
    counts = [{"catalog_object_id": "p", "quantity": "3"}, {"catalog_object_id": "q"}]
    event = {"type": "inventory.count.updated", "event_id": "e", "created_at": "2026-11-20"}
    drafts = square.translate_delivery(
        json_delivery(event | {"data": {"object": {"inventory_counts": counts}}})
    )
    assert [draft.event.properties["catalog_object_id"] for draft in drafts] == ["p", "q"]
    assert len({draft.event.id for draft in drafts}) == 2


def test_url_is_signed_with_the_body() -> None:
    headers = {"x-square-hmacsha256-signature": hmac_base64(b"key", URL.encode() + b"{}").decode()}
    request = Request("main", b"{}", NOW, headers, url=URL)
    square.verify_delivery(request, ["newer", "key"], NOW)
    with pytest.raises(SignatureError, match="signature"):
        square.verify_delivery(msgspec.structs.replace(request, url=f"{URL}/"), ["key"], NOW)


def test_unknown_type_is_refused_by_name() -> None:
    with pytest.raises(InvalidEventError) as refused:
        told("payout.sent", {"id": "p"})
    assert refused.value.code == "unknown_topic"


def test_sample_is_genuine_and_a_test() -> None:
    sample = square.build_sample(Request("main", b"", NOW, url=URL), "key")
    square.verify_delivery(sample, ["key"], NOW)
    assert [draft.event.test for draft in square.translate_delivery(sample)] == [True]
