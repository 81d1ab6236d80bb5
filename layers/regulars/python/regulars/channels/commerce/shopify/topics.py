"""Map each Shopify topic to an event type and to the field that contains the event time."""

from typing import Any

from regulars.domain.errors import InvalidEventError

# Topic → the event's type, and the field that says when it happened. A payment's type depends on how it went.
TOPICS = {
    "customers/create": ("Customer Created", "created_at"),
    "customers/update": ("Customer Updated", "updated_at"),
    "customers/enable": ("Customer Updated", "updated_at"),
    "customers/disable": ("Customer Updated", "updated_at"),
    "customers/delete": ("Customer Deleted", "updated_at"),
    "customers/redact": ("Customer Deletion Requested", ""),
    "customers/data_request": ("Customer Deletion Requested", ""),
    "shop/redact": ("Customer Deletion Requested", ""),
    "customers_marketing_consent/update": ("Marketing Consent Changed", ""),
    "customers_email_marketing_consent/update": ("Marketing Consent Changed", ""),
    "orders/create": ("Order Created", "created_at"),
    "orders/paid": ("Order Completed", "updated_at"),
    "orders/updated": ("Order Updated", "updated_at"),
    "orders/edited": ("Order Updated", "updated_at"),
    "orders/fulfilled": ("Order Fulfilled", "updated_at"),
    "orders/partially_fulfilled": ("Order Fulfilled", "updated_at"),
    "orders/cancelled": ("Order Cancelled", "cancelled_at"),
    "fulfillments/create": ("Order Fulfilled", "created_at"),
    "fulfillments/update": ("Fulfillment Updated", "updated_at"),
    "refunds/create": ("Order Refunded", "processed_at"),
    "order_transactions/create": ("", "processed_at"),
    "checkouts/create": ("Checkout Started", "created_at"),
    "checkouts/update": ("Checkout Updated", "updated_at"),
    "carts/create": ("Cart Updated", "updated_at"),
    "carts/update": ("Cart Updated", "updated_at"),
    "products/create": ("Product Created", "created_at"),
    "products/update": ("Product Updated", "updated_at"),
    "inventory_levels/update": ("Inventory Updated", "updated_at"),
}
PRIVACY = frozenset({"customers/redact", "customers/data_request", "shop/redact"})
# What is fetched, too: the same state, in other bytes.
RETOLD = frozenset({"orders/updated", "customers/update"})
IN_STORE = "In-Store Sale"

_FAILED = {"failure", "error"}
_PAYMENTS = {
    "sale": "Payment Succeeded",
    "capture": "Payment Succeeded",
    "authorization": "Payment Authorized",
    "refund": "Payment Refunded",
}


def type_of(topic: str, body: dict[str, Any]) -> str:
    """The type of a topic's event; InvalidEventError(unknown_topic) when nothing is known to do with it."""
    if topic == "order_transactions/create":
        return _payment(str(body.get("kind")), str(body.get("status")))
    return TOPICS[topic][0]


def _payment(kind: str, status: str) -> str:
    if kind in _PAYMENTS and status == "pending":
        return "Payment Pending"
    if kind in _PAYMENTS and status in _FAILED:
        return "Payment Failed"
    if kind not in _PAYMENTS or status != "success":
        raise InvalidEventError("Nothing is known to do with this payment.", "unknown_topic")
    return _PAYMENTS[kind]
