"""Stripe's events: four of them tell one sale, which is one order and one payment, in its currency's minor units."""

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

BILLING = {"email": EMAIL_ADDRESS, "name": "Zebedee", "address": {"line1": "1 Canary Street"}}
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
    "billing_details": BILLING,
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
    "customer_details": BILLING,
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


def request(type_: str, thing: dict[str, Any], **envelope: Any) -> Request:
    event = {"id": f"evt_{type_}", "type": type_, "created": EVENT_EPOCH, "livemode": True}
    return json_delivery(event | {"data": {"object": thing}} | envelope)


def told(type_: str, thing: dict[str, Any], **envelope: Any) -> list[Draft]:
    return stripe.translate_delivery(request(type_, thing, **envelope))


def event(type_: str, thing: dict[str, Any], **envelope: Any) -> Event:
    return told(type_, thing, **envelope)[0].event


def recorded(*deliveries: list[Draft]) -> list[Event]:
    """The events as the ledger holds them, each id once, the first one; all of one buyer where one is named."""
    events: dict[str, Event] = {}
    for draft in (draft for delivery in deliveries for draft in delivery):
        subjects = ("e:z",) if draft.identifiers else ()
        known = msgspec.structs.replace(draft.event, subjects=subjects)
        events.setdefault(known.id, known)
    return list(events.values())


@pytest.mark.parametrize("sale", list(permutations(SALE)))
def test_sale_told_by_four_events_is_one_order_and_one_payment(
    sale: list[tuple[str, dict[str, Any]]],
) -> None:
    events = recorded(*(told(type_, thing) for type_, thing in sale))
    types = Counter(event.type for event in events)
    assert (types["Payment Succeeded"], types["Order Completed"]) == (1, 1)
    state = fold_events(event for event in events if event.subjects)
    assert (state.orders.count, state.orders.money) == (1, {"EUR": 4990})


def test_guest_is_counted_though_the_intent_names_nobody() -> None:
    events = recorded(told(*SALE[0]), told(*SALE[1]))
    state = fold_events(event for event in events if event.subjects)
    assert (state.orders.count, state.orders.money) == (1, {"EUR": 4990})


def test_intent_of_a_subscription_is_the_sale_when_its_invoice_names_none() -> None:
    subscription = SESSION | {"mode": "subscription", "payment_intent": None, "invoice": "in_1"}
    invoice = INVOICE | {"payment_intent": None}
    deliveries = [told("checkout.session.completed", subscription), told("invoice.paid", invoice)]
    orders = [event.order for event in recorded(*deliveries, told(*SALE[0])) if event.order]
    assert [order.key for order in orders] == ["stripe/main/pi_1"]


def test_old_charge_without_an_intent_is_a_sale_by_itself() -> None:
    payment, shown = told("charge.succeeded", CHARGE | {"payment_intent": None})
    assert payment.event.order is None
    assert shown.event.order
    assert shown.event.order.key == "stripe/main/ch_1"


def test_authorised_charge_shows_no_order() -> None:
    charge = CHARGE | {"captured": False, "amount_captured": 0}
    (draft,) = told("charge.succeeded", charge)
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
def test_amount_is_told_in_the_minor_units_of_iso(currency: str, written: int, minor: int) -> None:
    intent = INTENT | {"currency": currency, "amount_received": written}
    assert event("payment_intent.succeeded", intent).properties["amount"] == minor


def test_both_tellings_of_a_refund_give_back_once() -> None:
    charge = CHARGE | {"amount_refunded": 990}
    deliveries = [
        told(*SALE[1]),
        told("charge.refunded", charge, created=EVENT_EPOCH + 60),
        told("refund.created", REFUND | {"customer": "cus_1"}, created=EVENT_EPOCH + 60),
        told("refund.updated", REFUND | {"customer": "cus_1"}, created=EVENT_EPOCH + 90),
    ]
    for order in permutations(deliveries):
        state = fold_events(event for event in recorded(*order) if event.subjects)
        assert state.orders.money == {"EUR": 4000}
        assert state.orders.first == "2026-11-20T09:00:00.000Z"


def test_refund_that_failed_gives_nothing_back() -> None:
    refund = REFUND | {"customer": "cus_1"}
    failed = told("refund.updated", refund | {"status": "failed"}, created=EVENT_EPOCH + 90)
    charge = told("charge.refunded", CHARGE | {"amount_refunded": 990}, created=EVENT_EPOCH + 60)
    created = told("refund.created", refund, created=EVENT_EPOCH + 60)
    for order in permutations([told(*SALE[1]), charge, created, failed]):
        assert fold_events(recorded(*order)).orders.money == {"EUR": 4990}


def test_failed_charge_and_its_intent_tell_one_failure() -> None:
    charge = CHARGE | {"failure_code": "card_declined"}
    intent = INTENT | {"last_payment_error": {"code": "card_declined", "charge": "ch_1"}}
    one, other = event("charge.failed", charge), event("payment_intent.payment_failed", intent)
    assert one.id == other.id
    assert one.properties == other.properties


def test_checkout_that_is_not_paid_yet_is_placed_and_then_paid() -> None:
    unpaid = told("checkout.session.completed", SESSION | {"payment_status": "unpaid"})
    assert unpaid[0].event.type == "Order Created"
    paid = told("checkout.session.async_payment_succeeded", SESSION, created=EVENT_EPOCH + 60)
    assert fold_events(recorded(paid, unpaid)).orders.count == 1


def test_checkout_whose_payment_failed_is_no_order() -> None:
    unpaid = told("checkout.session.completed", SESSION | {"payment_status": "unpaid"})
    failed = told("checkout.session.async_payment_failed", SESSION, created=EVENT_EPOCH + 60)
    assert fold_events(recorded(failed, unpaid)).orders.count == 0


def test_consent_given_in_checkout_is_told_besides() -> None:
    session = SESSION | {"consent": {"promotions": "opt_in"}}
    _, subscribed = told("checkout.session.completed", session)
    assert subscribed.event.type == "Subscribed"
    assert consent_statuses(subscribed.event) == [("email", "granted")]


def test_empty_box_in_checkout_takes_nothing_back() -> None:
    session = SESSION | {"consent": {"promotions": "opt_out"}}
    assert len(told("checkout.session.completed", session)) == 1


@pytest.mark.parametrize(
    ("before", "type_"),
    [
        ({"cancel_at_period_end": False}, "Subscription Cancelled"),
        ({"metadata": {}}, "Subscription Updated"),
    ],
)
def test_subscription_is_cancelled_when_it_will_end(before: dict[str, Any], type_: str) -> None:
    data = {
        "object": {"object": "subscription", "id": "sub_1", "cancel_at_period_end": True},
        "previous_attributes": before,
    }
    assert event("customer.subscription.updated", {}, data=data).type == type_


def test_two_events_of_a_paid_invoice_are_one() -> None:
    one, other = event("invoice.paid", INVOICE), event("invoice.payment_succeeded", INVOICE)
    assert one.id == other.id


def test_test_mode_is_kept_and_marked() -> None:
    assert event(*SALE[0], livemode=False).test
    assert not event(*SALE[0]).test


def test_card_and_address_and_secret_are_not_kept() -> None:
    said = str([told(type_, thing) for type_, thing in SALE]).lower()
    assert "canary" not in said
    assert "4242" not in said


def test_customer_names_who_it_is() -> None:
    customer = {"object": "customer", "id": "cus_1", "email": EMAIL_ADDRESS}
    assert identifier_values(told("customer.created", customer)) == [("cus_1", EMAIL_ADDRESS)]


def test_price_of_a_product_is_its_products() -> None:
    price = {"object": "price", "id": "price_1", "product": "prod_1", "unit_amount": 990}
    (item,) = event("price.updated", price | {"currency": "eur"}).items
    assert (item.product_id, item.price) == ("prod_1", 990)


@pytest.mark.parametrize("type_", ["payout.paid", None, ["invoice.paid"]])
def test_unknown_type_is_refused_by_name(type_: Any) -> None:
    with pytest.raises(InvalidEventError) as refused:
        stripe.translate_delivery(
            json_delivery({"id": "evt_1", "type": type_, "created": EVENT_EPOCH})
        )
    assert refused.value.code == "unknown_topic"


def test_sample_is_genuine_and_a_test() -> None:
    sample = stripe.build_sample(Request("main", b"", NOW), "whsec_made_up")
    stripe.verify_delivery(sample, ["whsec_made_up"], NOW)
    (draft,) = stripe.translate_delivery(sample)
    assert draft.event.test
