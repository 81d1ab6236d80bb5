"""Translate the sales in Paddle events: a transaction is an order, and adjustments are its refunds."""

from typing import Any, NamedTuple

from regulars.channels.contract import Draft
from regulars.channels.drafts.sales import (
    Telling,
    currency_of,
    gives_back,
    item_of,
    required,
    texts_of,
    units_of,
)
from regulars.channels.fields.event_times import first_of
from regulars.channels.fields.json_values import an_object, objects
from regulars.channels.fields.person import Person
from regulars.domain.events import Item, OrderFact

_ADJUSTMENTS = {
    "refund": "Payment Refunded",
    "chargeback": "Dispute Opened",
    "chargeback_warning": "Dispute Opened",
}


class Notice(NamedTuple):
    """One event of Paddle's: its id, and the object it shows."""

    telling: Telling
    id: str
    thing: dict[str, Any]
    person: Person


def transaction(notice: Notice) -> Draft:
    """A transaction that was completed."""
    thing = notice.thing
    transaction_id = required(thing.get("id"), "id")
    details = an_object(thing.get("details"))
    currency, total = _total(thing)
    lines = (_item(line) for line in objects(details.get("line_items")))
    order = OrderFact(
        key=f"{notice.telling.store}/{transaction_id}",
        version=notice.telling.occurred_at,
        placed_at=first_of(thing.get("billed_at")) or notice.telling.occurred_at,
        status="paid",
        total=total,
        currency=currency,
    )
    told = {
        "currency": currency,
        "order": order,
        "items": tuple(item for item in lines if item),
        "properties": texts_of(thing, "status", "origin", "subscription_id"),
    }
    return notice.telling.draft("Order Completed", (notice.id,), notice.person, **told)


def payment(notice: Notice, type_: str) -> Draft:
    """A transaction that was paid, or could not be."""
    thing = notice.thing
    properties: dict[str, Any] = texts_of(thing, "origin", "subscription_id")
    properties |= {"payment_id": required(thing.get("id"), "id")}
    told: dict[str, Any] = {"properties": properties}
    if thing.get("details"):
        told["currency"], properties["amount"] = _total(thing)
    if type_ == "Payment Failed":
        errors = [each.get("error_code") for each in objects(thing.get("payments"))]
        code = next(filter(None, errors), None)
        properties |= texts_of({"failure_code": code}, "failure_code")
    return notice.telling.draft(type_, (notice.id,), notice.person, **told)


def adjustment(notice: Notice) -> Draft:
    """What was given back, charged back or credited; a refund that was rejected gives nothing back."""
    thing = notice.thing
    adjustment_id = required(thing.get("id"), "id")
    totals = an_object(thing.get("totals"))
    currency = currency_of(totals.get("currency_code"), thing.get("currency_code"))
    amount = units_of(totals.get("total"))
    # The reason is what the seller typed, possibly of whom.
    properties: dict[str, Any] = texts_of(thing, "action", "status", "transaction_id")
    properties |= {"refund_id": adjustment_id, "amount": amount}
    told: dict[str, Any] = {"currency": currency, "properties": properties}
    type_ = _ADJUSTMENTS.get(str(thing.get("action")), "Payment Adjusted")
    if type_ == "Payment Refunded":
        is_rejected = thing.get("status") == "rejected"
        type_ = "Refund Failed" if is_rejected else type_
        told["order"] = OrderFact(
            key=f"{notice.telling.store}/{required(thing.get('transaction_id'), 'transaction_id')}",
            version=notice.telling.occurred_at,
            refunded=0 if is_rejected else amount,
            refund_id=adjustment_id,
            currency=currency,
        )
    # Waiting for approval and approved, it is told once.
    telling = notice.telling.at(thing.get("created_at"))
    return telling.draft(type_, (type_, adjustment_id), notice.person, **told)


def _total(thing: dict[str, Any]) -> tuple[str, int]:
    """Currency, and what the buyer pays: less the credit that was used up."""
    totals = an_object(an_object(thing.get("details")).get("totals"))
    currency = currency_of(totals.get("currency_code"), thing.get("currency_code"))
    said = totals.get("grand_total")
    return currency, units_of(totals.get("total") if said is None else said)


def _item(line: dict[str, Any]) -> Item | None:
    product = an_object(line.get("product"))
    price = an_object(line.get("unit_totals")).get("subtotal")
    if gives_back(price):
        return None
    amount = None if price is None else units_of(price)
    product_id = product.get("id") or line.get("price_id")
    return item_of(product_id, line.get("quantity"), amount, product.get("name"))
