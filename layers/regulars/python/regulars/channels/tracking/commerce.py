"""Translate the commerce properties of track messages (Segment e-commerce V2) into items, amounts and orders."""

from collections.abc import Mapping
from typing import Any

import msgspec

from regulars.channels.fields.money import parse_amount, parse_currency
from regulars.channels.fields.quantities import parse_quantity
from regulars.channels.fields.redaction import clean_text
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Event, Item, OrderFact
from regulars.domain.money import MAX_MINOR_UNITS, check_line_total

STORE = "shop"  # the store of the shop's own orders: an SDK and a plain CSV tell of the same ones
LONGEST_ID = 128  # characters of an order's id: a key of the store, cut nowhere

_OLD_NAMES = {
    "Viewed Product Category": "Product List Viewed",
    "Viewed Promotion": "Promotion Viewed",
    "Clicked Promotion": "Promotion Clicked",
    "Clicked Product": "Product Clicked",
    "Viewed Product": "Product Viewed",
    "Added Product": "Product Added",
    "Removed Product": "Product Removed",
    "Started Order": "Checkout Started",
    "Viewed Checkout Step": "Checkout Step Viewed",
    "Completed Checkout Step": "Checkout Step Completed",
    "Updated Order": "Order Updated",
    "Completed Order": "Order Completed",
}
_ORDER_STATUS = {
    "Order Completed": "paid",
    "Order Updated": "placed",
    "Order Cancelled": "cancelled",
    "Order Refunded": "placed",
}
_MONEY = ("price", "value", "total", "revenue", "subtotal", "tax", "shipping", "discount")
_TOTALS = ("total", "revenue", "subtotal", "value")
# What an event's currency and its items hold, so that it is not said twice in the properties; beside a list of products
# the fields of one are of the list.
_LISTED = {"products", "currency"}
_ITEM_FIELDS = _LISTED | {"product_id", "name", "category", "quantity", "price"}


def canonical_name(event: str) -> str:
    """The V2 name of a V1 event; any other name as it is."""
    return _OLD_NAMES.get(event, event)


def commerce(event: Event, said: Mapping[str, Any], default_currency: str) -> Event:
    """The event with the items, the money and the order that its properties tell.

    InvalidEventError for an unknown currency, an amount that is none, and a negative price.
    """
    listed = said.get("products")
    products = listed if isinstance(listed, list) else [said]
    if not isinstance(listed, list) and "product_id" not in said and "sku" not in said:
        products = []
    is_order = event.type in _ORDER_STATUS
    if not products and not is_order:
        return event
    held = _LISTED if isinstance(listed, list) else _ITEM_FIELDS
    currency = parse_currency(said.get("currency"), default_currency)
    items = tuple(item for item in (_item(each, currency) for each in products) if item)
    return msgspec.structs.replace(
        event,
        items=items,
        currency=currency,
        order=_order(event, said, items, currency) if is_order else None,
        properties={k: v for k, v in event.properties.items() if k not in held},
    )


def _item(product: object, currency: str) -> Item | None:
    if not isinstance(product, dict):
        raise InvalidEventError("A product is not an object.", "invalid_product")
    product_id = clean_text(product.get("product_id")) or clean_text(product.get("sku"))
    if not product_id:
        return None
    quantity = parse_quantity(product.get("quantity"), missing=1, as_double=True)
    price = parse_amount(product["price"], currency) if _is_said(product, "price") else None
    check_line_total(price, quantity)
    return Item(
        product_id=product_id,
        name=clean_text(product.get("name")),
        category=clean_text(product.get("category")),
        quantity=quantity,
        price=price,
    )


def _order(
    event: Event, said: Mapping[str, Any], items: tuple[Item, ...], currency: str
) -> OrderFact | None:
    if not _is_said(said, "order_id"):
        return None
    order_id = clean_text(said["order_id"])
    if not 0 < len(order_id) <= LONGEST_ID:
        raise InvalidEventError("The order_id is no id, too long, or personal.", "invalid_order_id")
    amounts = {
        name: parse_amount(said[name], currency, allow_negative=True)
        for name in _MONEY
        if _is_said(said, name)
    }
    is_priced = any(name in amounts for name in _TOTALS) or any(item.price for item in items)
    if event.type == "Order Updated" and not is_priced:
        return None  # as a snapshot it would make the order one of nothing
    fact = OrderFact(
        key=f"{STORE}/{order_id}",
        version=event.occurred_at,
        placed_at=event.occurred_at if event.type == "Order Completed" else "",
        status=_ORDER_STATUS[event.type],
        total=_total(amounts, items),
        currency=currency,
    )
    if not 0 <= fact.total <= MAX_MINOR_UNITS:
        raise InvalidEventError("The order's total is negative or absurd.", "invalid_amount")
    if event.type == "Order Refunded":
        # Segment's full refund names no amount.
        partial = fact.total if is_priced else None
        return msgspec.structs.replace(fact, total=0, refunded=partial, refund_id=event.id)
    return fact


def _is_said(said: Mapping[str, Any], name: str) -> bool:
    return said.get(name) not in (None, "")


def _total(amounts: Mapping[str, int], items: tuple[Item, ...]) -> int:
    """What the buyer pays: `total`, or `revenue` with shipping and tax, or `value`, or the sum of the lines."""
    beside = amounts.get("shipping", 0) + amounts.get("tax", 0)
    if "total" in amounts:
        return amounts["total"]
    for name in ("revenue", "subtotal"):
        if name in amounts:
            return amounts[name] + beside
    if "value" in amounts:
        return amounts["value"]
    lines = sum((item.price or 0) * item.quantity for item in items)
    return lines + beside - amounts.get("discount", 0)
