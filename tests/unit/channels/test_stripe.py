"""Test that the four Stripe events of a sale are one order and one payment, in the minor units of its currency."""

from collections import Counter
from itertools import permutations
from typing import Any

import msgspec
import pytest

from regulars.channels.contract import Draft, Request
from regulars.channels.payments.stripe import webhook as stripe
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Event
from regulars.domain.profiles import fold_events
from tests.support.deliveries import (
    EMAIL_ADDRESS,
    EVENT_EPOCH,
    NOW,
    consent_statuses,
    identifier_values,
    json_delivery,
)

BILLING_DETAILS = {
    "email": EMAIL_ADDRESS,
    "name": "Zebedee",
    "address": {"line1": "1 Canary Street"},
}
INTENT: dict[str, Any] = {
    "object": "payment_intent",
    "id": "pi_1",
    "amount": 4990,
    "amount_received": 4990,
    "currency": "eur",
    "client_secret": "canary",
}
CHARGE: dict[str, Any] = {
    "object": "charge",
    "id": "ch_1",
    "payment_intent": "pi_1",
    "amount": 4990,
    "amount_captured": 4990,
    "captured": True,
    "currency": "eur",
    "created": EVENT_EPOCH,
    "billing_details": BILLING_DETAILS,
    "payment_method_details": {"type": "card", "card": {"last4": "4242"}},
}
SESSION: dict[str, Any] = {
    "object": "checkout.session",
    "id": "cs_1",
    "mode": "payment",
    "payment_intent": "pi_1",
    "payment_status": "paid",
    "amount_total": 4990,
    "currency": "eur",
    "customer_details": BILLING_DETAILS,
}
INVOICE: dict[str, Any] = {
    "object": "invoice",
    "id": "in_1",
    "payment_intent": "pi_1",
    "amount_paid": 4990,
    "currency": "eur",
    "customer_email": EMAIL_ADDRESS,
}
REFUND: dict[str, Any] = {
    "object": "refund",
    "id": "re_1",
    "payment_intent": "pi_1",
    "amount": 990,
    "currency": "eur",
    "status": "succeeded",
}
SALE = [
    ("payment_intent.succeeded", INTENT),
    ("charge.succeeded", CHARGE),
    ("checkout.session.completed", SESSION),
    ("invoice.paid", INVOICE),
]


def build_request(type_: str, resource: dict[str, Any], **envelope: Any) -> Request:
    event = {"id": f"evt_{type_}", "type": type_, "created": EVENT_EPOCH, "livemode": True}
    return json_delivery(event | {"data": {"object": resource}} | envelope)


def translate_drafts(type_: str, resource: dict[str, Any], **envelope: Any) -> list[Draft]:
    return stripe.translate_delivery(build_request(type_, resource, **envelope))


def translate_event(type_: str, resource: dict[str, Any], **envelope: Any) -> Event:
    return translate_drafts(type_, resource, **envelope)[0].event


def deduplicate_events(*deliveries: list[Draft]) -> list[Event]:
    """Return the events as the ledger stores them, the first of each id; events with identifiers belong to one buyer."""
    events: dict[str, Event] = {}
    for draft in (draft for delivery in deliveries for draft in delivery):
        subjects = ("e:z",) if draft.identifiers else ()
        event = msgspec.structs.replace(draft.event, subjects=subjects)
        events.setdefault(event.id, event)
    return list(events.values())


@pytest.mark.parametrize("sale", list(permutations(SALE)))
def test_sale_of_four_events_is_one_order_and_one_payment(
    sale: list[tuple[str, dict[str, Any]]],
) -> None:
    events = deduplicate_events(*(translate_drafts(type_, resource) for type_, resource in sale))
    types = Counter(event.type for event in events)
    assert (types["Payment Succeeded"], types["Order Completed"]) == (1, 1)
    state = fold_events(event for event in events if event.subjects)
    assert (state.orders.count, state.orders.money) == (1, {"EUR": 4990})


def test_guest_sale_counts_when_the_intent_names_no_person() -> None:
    events = deduplicate_events(translate_drafts(*SALE[0]), translate_drafts(*SALE[1]))
    state = fold_events(event for event in events if event.subjects)
    assert (state.orders.count, state.orders.money) == (1, {"EUR": 4990})


def test_intent_is_the_sale_when_the_invoice_names_no_intent() -> None:
    subscription = SESSION | {"mode": "subscription", "payment_intent": None, "invoice": "in_1"}
    invoice = INVOICE | {"payment_intent": None}
    deliveries = [
        translate_drafts("checkout.session.completed", subscription),
        translate_drafts("invoice.paid", invoice),
    ]
    orders = [
        event.order
        for event in deduplicate_events(*deliveries, translate_drafts(*SALE[0]))
        if event.order
    ]
    assert [order.key for order in orders] == ["stripe/main/pi_1"]


def test_charge_is_the_sale_when_it_has_no_intent() -> None:
    payment, order_update = translate_drafts("charge.succeeded", CHARGE | {"payment_intent": None})
    assert payment.event.order is None
    assert order_update.event.order
    assert order_update.event.order.key == "stripe/main/ch_1"


def test_authorized_charge_has_no_order() -> None:
    charge = CHARGE | {"captured": False, "amount_captured": 0}
    (draft,) = translate_drafts("charge.succeeded", charge)
    assert draft.event.properties["amount"] == 4990


@pytest.mark.parametrize(
    ("currency", "written", "minor"),
    [
        ("eur", 4990, 4990),
        ("jpy", 500, 500),
        ("kwd", 1230, 1230),
        ("isk", 50000, 500),
        ("ugx", 50000, 500),
        ("mga", 500, 50000),
    ],
)
def test_amount_is_converted_to_iso_minor_units(currency: str, written: int, minor: int) -> None:
    intent = INTENT | {"currency": currency, "amount_received": written}
    assert translate_event("payment_intent.succeeded", intent).properties["amount"] == minor


def test_refund_counts_once_when_charge_and_refund_report_it() -> None:
    charge = CHARGE | {"amount_refunded": 990}
    deliveries = [
        translate_drafts(*SALE[1]),
        translate_drafts("charge.refunded", charge, created=EVENT_EPOCH + 60),
        translate_drafts(
            "refund.created", REFUND | {"customer": "cus_1"}, created=EVENT_EPOCH + 60
        ),
        translate_drafts(
            "refund.updated", REFUND | {"customer": "cus_1"}, created=EVENT_EPOCH + 90
        ),
    ]
    for order in permutations(deliveries):
        state = fold_events(event for event in deduplicate_events(*order) if event.subjects)
        assert state.orders.money == {"EUR": 4000}
        assert state.orders.first == "2026-11-20T09:00:00.000Z"


def test_failed_refund_returns_no_money() -> None:
    refund = REFUND | {"customer": "cus_1"}
    failed = translate_drafts(
        "refund.updated", refund | {"status": "failed"}, created=EVENT_EPOCH + 90
    )
    charge = translate_drafts(
        "charge.refunded", CHARGE | {"amount_refunded": 990}, created=EVENT_EPOCH + 60
    )
    created = translate_drafts("refund.created", refund, created=EVENT_EPOCH + 60)
    for order in permutations([translate_drafts(*SALE[1]), charge, created, failed]):
        assert fold_events(deduplicate_events(*order)).orders.money == {"EUR": 4990}


def test_failed_charge_and_its_intent_are_one_event() -> None:
    charge = CHARGE | {"failure_code": "card_declined"}
    intent = INTENT | {"last_payment_error": {"code": "card_declined", "charge": "ch_1"}}
    charge_event, intent_event = (
        translate_event("charge.failed", charge),
        translate_event("payment_intent.payment_failed", intent),
    )
    assert charge_event.id == intent_event.id
    assert charge_event.properties == intent_event.properties


def test_checkout_is_placed_until_it_is_paid() -> None:
    unpaid = translate_drafts("checkout.session.completed", SESSION | {"payment_status": "unpaid"})
    assert unpaid[0].event.type == "Order Created"
    paid = translate_drafts(
        "checkout.session.async_payment_succeeded", SESSION, created=EVENT_EPOCH + 60
    )
    assert fold_events(deduplicate_events(paid, unpaid)).orders.count == 1


def test_checkout_counts_no_order_when_its_payment_failed() -> None:
    unpaid = translate_drafts("checkout.session.completed", SESSION | {"payment_status": "unpaid"})
    failed = translate_drafts(
        "checkout.session.async_payment_failed", SESSION, created=EVENT_EPOCH + 60
    )
    assert fold_events(deduplicate_events(failed, unpaid)).orders.count == 0


def test_checkout_consent_is_a_second_event() -> None:
    session = SESSION | {"consent": {"promotions": "opt_in"}}
    _, subscribed = translate_drafts("checkout.session.completed", session)
    assert subscribed.event.type == "Subscribed"
    assert consent_statuses(subscribed.event) == [("email", "granted")]


def test_checkout_changes_no_consent_when_the_box_is_empty() -> None:
    session = SESSION | {"consent": {"promotions": "opt_out"}}
    assert len(translate_drafts("checkout.session.completed", session)) == 1


@pytest.mark.parametrize(
    ("before", "type_"),
    [
        ({"cancel_at_period_end": False}, "Subscription Cancelled"),
        ({"metadata": {}}, "Subscription Updated"),
    ],
)
def test_subscription_is_cancelled_when_it_ends_with_its_period(
    before: dict[str, Any], type_: str
) -> None:
    data = {
        "object": {"object": "subscription", "id": "sub_1", "cancel_at_period_end": True},
        "previous_attributes": before,
    }
    assert translate_event("customer.subscription.updated", {}, data=data).type == type_


def test_both_events_of_a_paid_invoice_have_one_id() -> None:
    paid_event, succeeded_event = (
        translate_event("invoice.paid", INVOICE),
        translate_event("invoice.payment_succeeded", INVOICE),
    )
    assert paid_event.id == succeeded_event.id


def test_test_mode_is_marked_as_test() -> None:
    assert translate_event(*SALE[0], livemode=False).test
    assert not translate_event(*SALE[0]).test


def test_card_and_address_and_secret_are_not_stored() -> None:
    drafts_text = str([translate_drafts(type_, resource) for type_, resource in SALE]).lower()
    assert "canary" not in drafts_text
    assert "4242" not in drafts_text


def test_customer_event_identifies_the_customer() -> None:
    customer = {"object": "customer", "id": "cus_1", "email": EMAIL_ADDRESS}
    assert identifier_values(translate_drafts("customer.created", customer)) == [
        ("cus_1", EMAIL_ADDRESS)
    ]


def test_price_event_has_the_product_of_the_price() -> None:
    price = {"object": "price", "id": "price_1", "product": "prod_1", "unit_amount": 990}
    (item,) = translate_event("price.updated", price | {"currency": "eur"}).items
    assert (item.product_id, item.price) == ("prod_1", 990)


@pytest.mark.parametrize("type_", ["payout.paid", None, ["invoice.paid"]])
def test_unknown_type_is_rejected(type_: Any) -> None:
    with pytest.raises(InvalidEventError) as raised:
        stripe.translate_delivery(
            json_delivery({"id": "evt_1", "type": type_, "created": EVENT_EPOCH})
        )
    assert raised.value.code == "unknown_topic"


def test_sample_is_verified_and_marked_as_test() -> None:
    sample = stripe.build_sample(Request("main", b"", NOW), "whsec_made_up")
    stripe.verify_delivery(sample, ["whsec_made_up"], NOW)
    (draft,) = stripe.translate_delivery(sample)
    assert draft.event.test
