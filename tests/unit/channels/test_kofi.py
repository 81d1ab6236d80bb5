"""Test that each Ko-fi payment is an order, and that messages are never stored."""

import json
from typing import Any

import pytest

from regulars.channels.commerce import kofi
from regulars.channels.contract import Draft, Request
from regulars.domain.errors import InvalidEventError, SignatureError
from tests.support.deliveries import EMAIL_ADDRESS, NOW, form_delivery, identifier_values

PAYMENT: dict[str, Any] = {
    "verification_token": "token",
    "message_id": "m_1",
    "kofi_transaction_id": "t_1",
    "timestamp": "2026-11-20T08:00:00Z",
    "type": "Donation",
    "from_name": "Zebedee",
    "message": "a canary message",
    "email": EMAIL_ADDRESS,
    "amount": "3.50",
    "currency": "EUR",
    "is_public": True,
    "shipping": {"full_name": "canary"},
}


def build_request(**changes: Any) -> Request:
    return form_delivery({"data": json.dumps(PAYMENT | changes)})


def translate_payment(**changes: Any) -> Draft:
    (draft,) = kofi.translate_delivery(build_request(**changes))
    return draft


@pytest.mark.parametrize(
    ("changes", "type_"),
    [
        ({"type": "Donation"}, "Payment Succeeded"),
        ({"type": "Subscription"}, "Payment Succeeded"),
        (
            {"type": "Subscription", "is_first_subscription_payment": True},
            "Subscription Started",
        ),
        ({"type": "Shop Order"}, "Order Completed"),
        ({"type": "Commission"}, "Order Completed"),
    ],
)
def test_every_kind_of_payment_is_an_order(changes: dict[str, Any], type_: str) -> None:
    event = translate_payment(**changes).event
    assert event.order
    assert (event.type, event.order.key, event.order.total) == (type_, "kofi/main/t_1", 350)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"), [("350", "JPY", 350), ("3.5", "EUR", 350)]
)
def test_amount_is_exact_in_its_currency(amount: str, currency: str, minor: int) -> None:
    assert translate_payment(amount=amount, currency=currency).event.properties["amount"] == minor


def test_shop_items_have_their_codes_as_product_ids() -> None:
    items = [{"direct_link_code": "a1b2", "quantity": 2}]
    event = translate_payment(type="Shop Order", shop_items=items).event
    assert [(item.product_id, item.quantity) for item in event.items] == [("a1b2", 2)]


def test_supporter_is_identified_and_the_message_is_not_stored() -> None:
    assert identifier_values([translate_payment()]) == [(EMAIL_ADDRESS,)]
    assert "canary" not in str(translate_payment())


def test_test_of_the_webhook_page_is_marked_as_test() -> None:
    assert translate_payment(kofi_transaction_id="00000000-1111-2222-3333-444444444444").event.test


def test_payment_has_the_same_event_id_when_it_is_resent() -> None:
    assert translate_payment().event.id == translate_payment(message="").event.id


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"data": json.dumps(PAYMENT | {"verification_token": "other"})}, "signature"),
        ({"data": "{}"}, "missing"),
        ({"data": json.dumps({"verification_token": ["token"]})}, "missing"),
        ({"data": "no JSON"}, "malformed"),
        ({"other": "1"}, "malformed"),
    ],
)
def test_delivery_is_rejected_with_its_reason(fields: dict[str, str], reason: str) -> None:
    with pytest.raises(SignatureError, match=reason):
        kofi.verify_delivery(form_delivery(fields), ["token"], NOW)


def test_unknown_kind_is_rejected() -> None:
    with pytest.raises(InvalidEventError) as raised:
        translate_payment(type="Raffle")
    assert raised.value.code == "unknown_topic"


def test_sample_is_verified_and_marked_as_test() -> None:
    sample = kofi.build_sample(Request("main", b"", NOW), "token")
    kofi.verify_delivery(sample, ["newer", "token"], NOW)
    assert [draft.event.test for draft in kofi.translate_delivery(sample)] == [True]
