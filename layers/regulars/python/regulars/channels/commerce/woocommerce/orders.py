"""Read the items and amounts of a WooCommerce order, and derive the further events that its status implies."""

from collections.abc import Iterator
from typing import Any

from regulars.channels.fields.event_times import build_version, format_first_time
from regulars.channels.fields.items import build_item
from regulars.channels.fields.json_values import list_objects
from regulars.channels.fields.money import is_deduction, parse_amount, parse_currency
from regulars.channels.fields.redaction import clean_text
from regulars.channels.fields.texts import require_id
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Item, OrderFact

# Type, key within the order, time, and the facts that differ from those of the order.
type OrderMilestone = tuple[str, tuple[str, ...], object, dict[str, Any]]

# In the order in which an order passes through them. Of two changes within a second, the higher rank wins.
_STATUS_RANKS = {
    name: rank
    for rank, name in enumerate(
        ("pending", "on-hold", "failed", "processing", "completed", "cancelled", "refunded")
    )
}
_PAID_STATUSES = {"processing", "completed", "refunded"}
_CANCELLED_STATUSES = {"cancelled", "failed", "trash"}
_DRAFT_STATUSES = {"auto-draft", "checkout-draft"}
# An order that waits for its payment. WooCommerce's own reports count it only when it is paid.
_PENDING_STATUS = "pending"
_STATUS_EVENT_TYPES = {
    "completed": "Order Fulfilled",
    "cancelled": "Order Cancelled",
    "failed": "Payment Failed",
}
_MAX_REFUNDS = 99  # that fit into a version


def build_order_facts(body: dict[str, Any], key: str, default_currency: str) -> dict[str, Any]:
    """Return the facts of an event that shows the whole order."""
    currency = parse_currency(body.get("currency"), default_currency)
    lines = (_build_item(line, currency) for line in list_objects(body.get("line_items")))
    order = _build_order(body, key, currency)
    return {"order": order, "currency": currency, "items": tuple(item for item in lines if item)}


def list_milestones(body: dict[str, Any], order: OrderFact | None) -> Iterator[OrderMilestone]:
    """Yield what happens to an order once, however many updates show it."""
    if order is None:
        return
    status = clean_text(body.get("status"))
    if status in _PAID_STATUSES and _is_paid(body):
        paid_at = body.get("date_paid_gmt") or body.get("date_paid")
        yield "Order Completed", ("paid",), paid_at, {}
        if clean_text(body.get("created_via")).startswith("pos"):
            yield "In-Store Sale", ("in-store",), paid_at, {}
    if status in _STATUS_EVENT_TYPES:
        yield _STATUS_EVENT_TYPES[status], (status,), body.get(f"date_{status}_gmt"), {}
    yield from _list_refunds(body, status, order)


def is_order(status: str, *, is_paid: bool) -> bool:
    """Return whether it is a sale: not during the checkout, and not while it waits for the payment."""
    return status not in _DRAFT_STATUSES and (status != _PENDING_STATUS or is_paid)


def order_status(status: str, *, is_paid: bool) -> str:
    """Return the status of the order snapshot, by its status in WooCommerce and whether it has a payment date."""
    if status in _CANCELLED_STATUSES:
        return "cancelled"
    return "paid" if status in _PAID_STATUSES or is_paid else "placed"


def _build_order(body: dict[str, Any], key: str, currency: str) -> OrderFact | None:
    status, is_paid = clean_text(body.get("status")), _is_paid(body)
    if not is_order(status, is_paid=is_paid):
        return None
    return OrderFact(
        key=key,
        version=_order_version(body, status),
        placed_at=format_first_time(body.get("date_created_gmt"), body.get("date_created")),
        status=order_status(status, is_paid=is_paid),
        total=parse_amount(body.get("total"), currency),
        refunded=_sum_refunds(body, status, currency),
        currency=currency,
    )


def _list_refunds(body: dict[str, Any], status: str, order: OrderFact) -> Iterator[OrderMilestone]:
    """Yield the refunds of an order; one refund of everything if only the status reports it."""
    refunds = list_objects(body.get("refunds"))
    for refund in refunds:
        yield _build_refund(refund, order)
    if status == "refunded" and not refunds:
        yield "Order Refunded", ("refunded",), None, {}


def _build_refund(refund: dict[str, Any], order: OrderFact) -> OrderMilestone:
    refund_id = require_id(refund.get("id"), "id")
    refund_order = OrderFact(
        key=order.key,
        version=order.version,
        refunded=_parse_refund_total(refund, order.currency),
        refund_id=refund_id,
        currency=order.currency,
    )
    return "Order Refunded", ("refund", refund_id), None, {"order": refund_order, "items": ()}


def _sum_refunds(body: dict[str, Any], status: str, currency: str) -> int | None:
    refunds = list_objects(body.get("refunds"))
    if status == "refunded" and not refunds:
        return None
    return sum(_parse_refund_total(refund, currency) for refund in refunds)


def _parse_refund_total(refund: dict[str, Any], currency: str) -> int:
    """Return the total of a refund, which WooCommerce writes as a negative number."""
    return abs(parse_amount(refund.get("total"), currency, allow_negative=True))


def _is_paid(body: dict[str, Any]) -> bool:
    return bool(body.get("date_paid_gmt") or body.get("date_paid"))


def _order_version(body: dict[str, Any], status: str) -> str:
    names = ("date_modified_gmt", "date_modified", "date_created_gmt")
    at = format_first_time(*(body.get(name) for name in names))
    if not at:
        raise InvalidEventError("The order has no modification time.", "invalid_timestamp")
    refunds = min(len(list_objects(body.get("refunds"))), _MAX_REFUNDS)
    return build_version(at, refunds * 10 + _STATUS_RANKS.get(status, 0))


def _build_item(line: dict[str, Any], currency: str) -> Item | None:
    price = line.get("price")
    if is_deduction(price):
        return None
    product_id = line.get("product_id") or line.get("sku")  # 0: the product was deleted
    amount = None if price is None else parse_amount(price, currency)
    return build_item(product_id, line.get("quantity"), amount, line.get("name"))
