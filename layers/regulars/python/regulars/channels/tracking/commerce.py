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

SHOP_STORE = "shop"  # the store of the shop's own orders, which an SDK and a generic CSV report with the same ids
MAX_ORDER_ID_CHARACTERS = 128  # an order id is a key of the store and is never cut

_NAMES_OF_V1_EVENTS = {
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
_ORDER_STATUSES = {
    "Order Completed": "paid",
    "Order Updated": "placed",
    "Order Cancelled": "cancelled",
    "Order Refunded": "placed",
}
_AMOUNT_FIELDS = ("price", "value", "total", "revenue", "subtotal", "tax", "shipping", "discount")
_TOTAL_FIELDS = ("total", "revenue", "subtotal", "value")
# Properties that the event stores as currency and items, and therefore not twice. If there is a list of products, the
# fields of a single product belong to the list.
_LIST_FIELDS = {"products", "currency"}
_ITEM_FIELDS = _LIST_FIELDS | {"product_id", "name", "category", "quantity", "price"}


def to_canonical_name(event: str) -> str:
    """Return the V2 name of a V1 event; any other name unchanged."""
    return _NAMES_OF_V1_EVENTS.get(event, event)


def add_commerce(event: Event, properties: Mapping[str, Any], default_currency: str) -> Event:
    """Return the event with the items, the currency and the order of its properties.

    Raise InvalidEventError for an unknown currency, an invalid amount and a negative price.
    """
    product_list = properties.get("products")
    products = product_list if isinstance(product_list, list) else [properties]
    if (
        not isinstance(product_list, list)
        and "product_id" not in properties
        and "sku" not in properties
    ):
        products = []
    is_order = event.type in _ORDER_STATUSES
    if not products and not is_order:
        return event
    event_fields = _LIST_FIELDS if isinstance(product_list, list) else _ITEM_FIELDS
    currency = parse_currency(properties.get("currency"), default_currency)
    items = tuple(item for item in (_parse_item(product, currency) for product in products) if item)
    return msgspec.structs.replace(
        event,
        items=items,
        currency=currency,
        order=_parse_order(event, properties, items, currency) if is_order else None,
        properties={k: v for k, v in event.properties.items() if k not in event_fields},
    )


def _parse_item(product: object, currency: str) -> Item | None:
    if not isinstance(product, dict):
        raise InvalidEventError("A product is not an object.", "invalid_product")
    product_id = clean_text(product.get("product_id")) or clean_text(product.get("sku"))
    if not product_id:
        return None
    quantity = parse_quantity(product.get("quantity"), missing=1, as_double=True)
    price = parse_amount(product["price"], currency) if _has_value(product, "price") else None
    check_line_total(price, quantity)
    return Item(
        product_id=product_id,
        name=clean_text(product.get("name")),
        category=clean_text(product.get("category")),
        quantity=quantity,
        price=price,
    )


def _parse_order(
    event: Event, properties: Mapping[str, Any], items: tuple[Item, ...], currency: str
) -> OrderFact | None:
    if not _has_value(properties, "order_id"):
        return None
    order_id = clean_text(properties["order_id"])
    if not 0 < len(order_id) <= MAX_ORDER_ID_CHARACTERS:
        raise InvalidEventError(
            "The order_id is empty, too long, or looks personal.", "invalid_order_id"
        )
    amounts = {
        name: parse_amount(properties[name], currency, allow_negative=True)
        for name in _AMOUNT_FIELDS
        if _has_value(properties, name)
    }
    is_priced = any(name in amounts for name in _TOTAL_FIELDS) or any(item.price for item in items)
    if event.type == "Order Updated" and not is_priced:
        return None  # its snapshot would set the total of the order to 0
    order = OrderFact(
        key=f"{SHOP_STORE}/{order_id}",
        version=event.occurred_at,
        placed_at=event.occurred_at if event.type == "Order Completed" else "",
        status=_ORDER_STATUSES[event.type],
        total=_compute_total(amounts, items),
        currency=currency,
    )
    if not 0 <= order.total <= MAX_MINOR_UNITS:
        raise InvalidEventError(
            "The total of the order is negative or too large.", "invalid_amount"
        )
    if event.type == "Order Refunded":
        # A full refund of Segment has no amount.
        refunded = order.total if is_priced else None
        return msgspec.structs.replace(order, total=0, refunded=refunded, refund_id=event.id)
    return order


def _has_value(properties: Mapping[str, Any], name: str) -> bool:
    return properties.get(name) not in (None, "")


def _compute_total(amounts: Mapping[str, int], items: tuple[Item, ...]) -> int:
    """Return what the buyer pays: `total`, or `revenue` plus shipping and tax, or `value`, or the sum of the lines."""
    extras = amounts.get("shipping", 0) + amounts.get("tax", 0)
    if "total" in amounts:
        return amounts["total"]
    for name in ("revenue", "subtotal"):
        if name in amounts:
            return amounts[name] + extras
    if "value" in amounts:
        return amounts["value"]
    lines = sum((item.price or 0) * item.quantity for item in items)
    return lines + extras - amounts.get("discount", 0)
