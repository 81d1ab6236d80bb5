"""Map each Shopify topic to an event type and to the field that contains the event time."""

from typing import Any

from regulars.domain.errors import InvalidEventError

# Topic → the event's type, and the field with its time. The type of a payment depends on its kind and status.
TOPICS = {
    "customers/create": ("Customer Created", "created_at"),
    "customers/update": ("Customer Updated", "updated_at"),
    "customers/enable": ("Customer Updated", "updated_at"),
    "customers/disable": ("Customer Updated", "updated_at"),
    "customers/delete": ("Customer Deleted", "updated_at"),
    "customers/redact": ("Customer Deletion Requested", ""),
    "customers/data_request": ("Customer Data Requested", ""),
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
PRIVACY_TOPICS = frozenset({"customers/redact", "customers/data_request", "shop/redact"})
# The topics whose resources are also fetched: the same state, in other bytes.
STATE_TOPICS = frozenset({"orders/updated", "customers/update"})
IN_STORE_SALE = "In-Store Sale"

_FAILED_STATUSES = {"failure", "error"}
_PAYMENT_TYPES = {
    "sale": "Payment Succeeded",
    "capture": "Payment Succeeded",
    "authorization": "Payment Authorized",
    "refund": "Payment Refunded",
}


def find_event_type(topic: str, body: dict[str, Any]) -> str:
    """Return the type of a topic's event; raise InvalidEventError(unknown_topic) for an unknown kind of payment."""
    if topic == "order_transactions/create":
        return _find_payment_type(str(body.get("kind")), str(body.get("status")))
    return TOPICS[topic][0]


def _find_payment_type(kind: str, status: str) -> str:
    if kind in _PAYMENT_TYPES and status == "pending":
        return "Payment Pending"
    if kind in _PAYMENT_TYPES and status in _FAILED_STATUSES:
        return "Payment Failed"
    if kind not in _PAYMENT_TYPES or status != "success":
        raise InvalidEventError(
            "The channel does not translate this kind of payment.", "unknown_topic"
        )
    return _PAYMENT_TYPES[kind]
