"""Translate refunded charges and refunds of Stripe."""

from typing import Any

import msgspec

from regulars.channels.contract import Draft
from regulars.channels.fields.event_times import build_version, from_epoch
from regulars.channels.fields.json_values import as_object, list_objects
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.payments.stripe.orders import build_order
from regulars.channels.payments.stripe.records import (
    StripeEvent,
    find_sale_id,
    parse_stripe_money,
    parse_stripe_units,
    resource_id,
)
from regulars.domain.events import OrderFact
from regulars.domain.times import to_text

_FAILED_REFUND_STATUSES = {"failed", "canceled"}


def translate_refunded_charge(event: StripeEvent) -> list[Draft]:
    """Return a charge that was refunded, with the total that was refunded so far."""
    charge = event.resource
    currency, total = parse_stripe_money(event, "amount_captured", "amount")
    total = total or parse_stripe_units(charge.get("amount"), currency)
    refunded_amount = parse_stripe_units(charge.get("amount_refunded") or 0, currency)
    facts: dict[str, Any] = {
        "currency": currency,
        "properties": {"payment_id": find_sale_id(charge), "amount": refunded_amount},
    }
    # Older API versions list the refunds, newest first. This event then has the id of the refund's own event. Newer
    # versions list none. This event then names no person, so that the refund is counted once.
    refund = next(iter(list_objects(as_object(charge.get("refunds")).get("data"))), None)
    key, person = (event.id, "refund"), PersonBuilder("")
    if refund:
        key, person = ("refund", resource_id(refund)), event.person
    payment = event.builder.build_draft("Payment Refunded", key, person, **facts)
    if charge.get("captured") is False:
        return [payment]  # the authorization was released: nothing was sold
    facts["order"] = msgspec.structs.replace(
        build_order(event, currency, total, "paid", min(refunded_amount, total)),
        placed_at=to_text(from_epoch(charge.get("created"))),
    )
    return [payment, event.builder.build_draft("Order Updated", (event.id,), event.person, **facts)]


def translate_refund(event: StripeEvent) -> list[Draft]:
    """Return a refund; a failed refund takes its amount back, which an earlier charge may have counted."""
    refund = event.resource
    currency, amount = parse_stripe_money(event, "amount")
    has_failed = str(refund.get("status")) in _FAILED_REFUND_STATUSES
    sale, refund_id = find_sale_id(refund), resource_id(refund)
    order = OrderFact(
        key=f"{event.builder.store}/{sale}",
        version=build_version(event.builder.occurred_at, int(has_failed)),
        refunded=-amount if has_failed else amount,
        refund_id=refund_id,
        currency=currency,
    )
    facts = {
        "currency": currency,
        "order": order,
        "properties": {"payment_id": sale, "refund_id": refund_id, "amount": amount},
    }
    type_ = "Refund Failed" if has_failed else "Payment Refunded"
    key = ("refund failed" if has_failed else "refund", refund_id)
    return [event.builder.build_draft(type_, key, event.person, **facts)]
