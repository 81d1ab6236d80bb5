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

_ADJUSTMENTS = {
    "refund": "Payment Refunded",
    "chargeback": "Dispute Opened",
    "chargeback_warning": "Dispute Opened",
}


class Notice(NamedTuple):
    """One event of Paddle's: its id, and the object it shows."""

    builder: EventBuilder
    id: str
    thing: dict[str, Any]
    person: PersonBuilder


def transaction(notice: Notice) -> Draft:
    """A transaction that was completed."""
    thing = notice.thing
    transaction_id = require_id(thing.get("id"), "id")
    details = as_object(thing.get("details"))
    currency, total = _parse_total(thing)
    lines = (_item(line) for line in list_objects(details.get("line_items")))
    order = OrderFact(
        key=f"{notice.builder.store}/{transaction_id}",
        version=notice.builder.occurred_at,
        placed_at=format_first_time(thing.get("billed_at")) or notice.builder.occurred_at,
        status="paid",
        total=total,
        currency=currency,
    )
    told = {
        "currency": currency,
        "order": order,
        "items": tuple(item for item in lines if item),
        "properties": select_texts(thing, "status", "origin", "subscription_id"),
    }
    return notice.builder.build_draft("Order Completed", (notice.id,), notice.person, **told)


def payment(notice: Notice, type_: str) -> Draft:
    """A transaction that was paid, or could not be."""
    thing = notice.thing
    properties: dict[str, Any] = select_texts(thing, "origin", "subscription_id")
    properties |= {"payment_id": require_id(thing.get("id"), "id")}
    told: dict[str, Any] = {"properties": properties}
    if thing.get("details"):
        told["currency"], properties["amount"] = _parse_total(thing)
    if type_ == "Payment Failed":
        errors = [each.get("error_code") for each in list_objects(thing.get("payments"))]
        code = next(filter(None, errors), None)
        properties |= select_texts({"failure_code": code}, "failure_code")
    return notice.builder.build_draft(type_, (notice.id,), notice.person, **told)


def adjustment(notice: Notice) -> Draft:
    """What was given back, charged back or credited; a refund that was rejected gives nothing back."""
    thing = notice.thing
    adjustment_id = require_id(thing.get("id"), "id")
    totals = as_object(thing.get("totals"))
    currency = parse_currency(totals.get("currency_code"), thing.get("currency_code"))
    amount = parse_minor_units(totals.get("total"))
    # The reason is what the seller typed, possibly of whom.
    properties: dict[str, Any] = select_texts(thing, "action", "status", "transaction_id")
    properties |= {"refund_id": adjustment_id, "amount": amount}
    told: dict[str, Any] = {"currency": currency, "properties": properties}
    type_ = _ADJUSTMENTS.get(str(thing.get("action")), "Payment Adjusted")
    if type_ == "Payment Refunded":
        is_rejected = thing.get("status") == "rejected"
        type_ = "Refund Failed" if is_rejected else type_
        told["order"] = OrderFact(
            key=f"{notice.builder.store}/{require_id(thing.get('transaction_id'), 'transaction_id')}",
            version=notice.builder.occurred_at,
            refunded=0 if is_rejected else amount,
            refund_id=adjustment_id,
            currency=currency,
        )
    # Waiting for approval and approved, it is told once.
    builder = notice.builder.copy_at(thing.get("created_at"))
    return builder.build_draft(type_, (type_, adjustment_id), notice.person, **told)


def _parse_total(transaction: dict[str, Any]) -> tuple[str, int]:
    """Return currency and total of a transaction; the grand total is the total less the credit that was used."""
    totals = as_object(as_object(transaction.get("details")).get("totals"))
    currency = parse_currency(totals.get("currency_code"), transaction.get("currency_code"))
    total = totals.get("grand_total")
    return currency, parse_minor_units(totals.get("total") if total is None else total)


def _item(line: dict[str, Any]) -> Item | None:
    product = as_object(line.get("product"))
    price = as_object(line.get("unit_totals")).get("subtotal")
    if is_deduction(price):
        return None
    amount = None if price is None else parse_minor_units(price)
    product_id = product.get("id") or line.get("price_id")
    return build_item(product_id, line.get("quantity"), amount, product.get("name"))
