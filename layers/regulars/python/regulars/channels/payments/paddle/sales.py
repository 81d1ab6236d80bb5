"""Translate the sales in Paddle events: a transaction is an order, and adjustments are its refunds."""

from typing import Any, NamedTuple

from regulars.channels.contract import Draft
from regulars.channels.drafts.sales import EventBuilder
from regulars.channels.fields.event_times import format_first_time
from regulars.channels.fields.items import build_item
from regulars.channels.fields.json_values import as_object, list_objects
from regulars.channels.fields.money import is_deduction, parse_currency, parse_minor_units
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.texts import require_id, select_texts
from regulars.domain.events import Item, OrderFact

_ADJUSTMENT_TYPES = {
    "refund": "Payment Refunded",
    "chargeback": "Dispute Opened",
    "chargeback_warning": "Dispute Opened",
}


class PaddleEvent(NamedTuple):
    """One Paddle event: its id and its resource."""

    builder: EventBuilder
    id: str
    resource: dict[str, Any]
    person: PersonBuilder


def translate_completed_transaction(event: PaddleEvent) -> Draft:
    """Return the order of a completed transaction."""
    resource = event.resource
    transaction_id = require_id(resource.get("id"), "id")
    details = as_object(resource.get("details"))
    currency, total = _parse_total(resource)
    lines = (_build_item(line) for line in list_objects(details.get("line_items")))
    order = OrderFact(
        key=f"{event.builder.store}/{transaction_id}",
        version=event.builder.occurred_at,
        placed_at=format_first_time(resource.get("billed_at")) or event.builder.occurred_at,
        status="paid",
        total=total,
        currency=currency,
    )
    facts = {
        "currency": currency,
        "order": order,
        "items": tuple(item for item in lines if item),
        "properties": select_texts(resource, "status", "origin", "subscription_id"),
    }
    return event.builder.build_draft("Order Completed", (event.id,), event.person, **facts)


def translate_payment(event: PaddleEvent, type_: str) -> Draft:
    """Return a transaction that was paid or whose payment failed."""
    resource = event.resource
    properties: dict[str, Any] = select_texts(resource, "origin", "subscription_id")
    properties |= {"payment_id": require_id(resource.get("id"), "id")}
    facts: dict[str, Any] = {"properties": properties}
    if resource.get("details"):
        facts["currency"], properties["amount"] = _parse_total(resource)
    if type_ == "Payment Failed":
        errors = [attempt.get("error_code") for attempt in list_objects(resource.get("payments"))]
        code = next(filter(None, errors), None)
        properties |= select_texts({"failure_code": code}, "failure_code")
    return event.builder.build_draft(type_, (event.id,), event.person, **facts)


def translate_adjustment(event: PaddleEvent) -> Draft:
    """Return a refund, a chargeback or a credit; a rejected refund returns no money."""
    resource = event.resource
    adjustment_id = require_id(resource.get("id"), "id")
    totals = as_object(resource.get("totals"))
    currency = parse_currency(totals.get("currency_code"), resource.get("currency_code"))
    amount = parse_minor_units(totals.get("total"))
    # The reason is left out: the seller types it, and it may name a person.
    properties: dict[str, Any] = select_texts(resource, "action", "status", "transaction_id")
    properties |= {"refund_id": adjustment_id, "amount": amount}
    facts: dict[str, Any] = {"currency": currency, "properties": properties}
    type_ = _ADJUSTMENT_TYPES.get(str(resource.get("action")), "Payment Adjusted")
    if type_ == "Payment Refunded":
        is_rejected = resource.get("status") == "rejected"
        type_ = "Refund Failed" if is_rejected else type_
        facts["order"] = OrderFact(
            key=f"{event.builder.store}/{require_id(resource.get('transaction_id'), 'transaction_id')}",
            version=event.builder.occurred_at,
            refunded=0 if is_rejected else amount,
            refund_id=adjustment_id,
            currency=currency,
        )
    # An adjustment that waits for approval and the approved one are the same event.
    builder = event.builder.copy_at(resource.get("created_at"))
    return builder.build_draft(type_, (type_, adjustment_id), event.person, **facts)


def _parse_total(transaction: dict[str, Any]) -> tuple[str, int]:
    """Return currency and total of a transaction; the grand total is the total minus the credit that was used."""
    totals = as_object(as_object(transaction.get("details")).get("totals"))
    currency = parse_currency(totals.get("currency_code"), transaction.get("currency_code"))
    total = totals.get("grand_total")
    return currency, parse_minor_units(totals.get("total") if total is None else total)


def _build_item(line: dict[str, Any]) -> Item | None:
    product = as_object(line.get("product"))
    price = as_object(line.get("unit_totals")).get("subtotal")
    if is_deduction(price):
        return None
    amount = None if price is None else parse_minor_units(price)
    product_id = product.get("id") or line.get("price_id")
    return build_item(product_id, line.get("quantity"), amount, product.get("name"))
