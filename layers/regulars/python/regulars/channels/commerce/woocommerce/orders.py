"""Read the items and amounts of a WooCommerce order, and derive the further events that its status implies."""

from collections.abc import Iterator
from typing import Any

from regulars.channels.drafts.sales import (
    amount_of,
    currency_of,
    gives_back,
    item_of,
    required,
    version_at,
)
from regulars.channels.fields.event_times import first_of
from regulars.channels.fields.json_values import objects
from regulars.channels.fields.redaction import clean_text
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Item, OrderFact
from regulars.domain.money import minor_units

# Type, key within the order, time, and what else is told otherwise than in the order.
type Once = tuple[str, tuple[str, ...], object, dict[str, Any]]

# In the order in which an order passes through them: of two changes within a second the later one counts.
_RANKS = {
    name: rank
    for rank, name in enumerate(
        ("pending", "on-hold", "failed", "processing", "completed", "cancelled", "refunded")
    )
}
_PAID = {"processing", "completed", "refunded"}
_NOT_SOLD = {"cancelled", "failed", "trash"}
_DRAFTS = {"auto-draft", "checkout-draft"}
# Left at the till: WooCommerce's own reports count it only when it is paid.
_WAITING = "pending"
_EVENTS = {
    "completed": "Order Fulfilled",
    "cancelled": "Order Cancelled",
    "failed": "Payment Failed",
}
_MOST_REFUNDS = 99  # that a version can count


def order_told(body: dict[str, Any], key: str, default_currency: str) -> dict[str, Any]:
    """The facts of an event that shows the whole order."""
    currency = currency_of(body.get("currency"), default_currency)
    status = clean_text(body.get("status"))
    lines = (_item(line, currency) for line in objects(body.get("line_items")))
    order = None
    if is_order(status, is_paid=_is_paid(body)):
        order = OrderFact(
            key=key,
            version=_version(body, status),
            placed_at=first_of(body.get("date_created_gmt"), body.get("date_created")),
            status=standing(status, is_paid=_is_paid(body)),
            total=amount_of(body.get("total"), currency),
            refunded=_refunded(body, status, currency),
            currency=currency,
        )
    return {"order": order, "currency": currency, "items": tuple(item for item in lines if item)}


def once_of(body: dict[str, Any], order: OrderFact | None) -> Iterator[Once]:
    """What happens to an order once, however many updates show it."""
    if order is None:
        return
    status = clean_text(body.get("status"))
    if status in _PAID and _is_paid(body):
        paid_at = body.get("date_paid_gmt") or body.get("date_paid")
        yield "Order Completed", ("paid",), paid_at, {}
        if clean_text(body.get("created_via")).startswith("pos"):
            yield "In-Store Sale", ("in-store",), paid_at, {}
    if status in _EVENTS:
        yield _EVENTS[status], (status,), body.get(f"date_{status}_gmt"), {}
    refunds = objects(body.get("refunds"))
    for refund in refunds:
        yield _refund(refund, order)
    if status == "refunded" and not refunds:
        yield "Order Refunded", ("refunded",), None, {}


def is_order(status: str, *, is_paid: bool) -> bool:
    """Whether somebody bought: not while the checkout is written, nor while its payment is waited for."""
    return status not in _DRAFTS and (status != _WAITING or is_paid)


def standing(status: str, *, is_paid: bool) -> str:
    """Where an order stands, by its status and whether it has a date of payment."""
    if status in _NOT_SOLD:
        return "cancelled"
    return "paid" if status in _PAID or is_paid else "placed"


def _refund(refund: dict[str, Any], order: OrderFact) -> Once:
    refund_id = required(refund.get("id"), "id")
    fact = OrderFact(
        key=order.key,
        version=order.version,
        refunded=_paid_back(refund, order.currency),
        refund_id=refund_id,
        currency=order.currency,
    )
    return "Order Refunded", ("refund", refund_id), None, {"order": fact, "items": ()}


def _refunded(body: dict[str, Any], status: str, currency: str) -> int | None:
    refunds = objects(body.get("refunds"))
    if status == "refunded" and not refunds:
        return None
    return sum(_paid_back(refund, currency) for refund in refunds)


def _paid_back(refund: dict[str, Any], currency: str) -> int:
    """A refund's total, which is written as a negative number."""
    return abs(minor_units(refund.get("total"), currency))


def _is_paid(body: dict[str, Any]) -> bool:
    return bool(body.get("date_paid_gmt") or body.get("date_paid"))


def _version(body: dict[str, Any], status: str) -> str:
    names = ("date_modified_gmt", "date_modified", "date_created_gmt")
    at = first_of(*(body.get(name) for name in names))
    if not at:
        raise InvalidEventError("The order does not say when it was changed.", "invalid_timestamp")
    refunds = min(len(objects(body.get("refunds"))), _MOST_REFUNDS)
    return version_at(at, refunds * 10 + _RANKS.get(status, 0))


def _item(line: dict[str, Any], currency: str) -> Item | None:
    price = line.get("price")
    if gives_back(price):
        return None
    product_id = line.get("product_id") or line.get("sku")  # 0: the product was deleted
    said = None if price is None else amount_of(price, currency)
    return item_of(product_id, line.get("quantity"), said, line.get("name"))
