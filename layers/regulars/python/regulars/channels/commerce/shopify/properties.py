"""Select the properties of a Shopify resource that an event stores."""

from typing import Any

from regulars.channels.commerce.shopify.orders import read_payment
from regulars.channels.fields.json_values import list_objects
from regulars.channels.fields.redaction import clean_text, clean_url

# The stored properties. Tokens are never stored, because they open a cart or the page of an order.
STORED_FIELDS = (
    "cancel_reason",
    "checkout_id",
    "financial_status",
    "fulfillment_status",
    "gateway",
    "handle",
    "inventory_item_id",
    "location_id",
    "order_id",
    "product_type",
    "source_name",
    "status",
    "vendor",
)


def build_properties(topic: str, body: dict[str, Any], currency: str) -> dict[str, Any]:
    """Return the texts of a resource, its stock and its payment."""
    properties: dict[str, Any] = _read_texts(topic, body)
    if topic == "orders/partially_fulfilled":
        properties["partial"] = True
    available = body.get("available")
    if isinstance(available, int):
        properties["available"] = available
    return properties | read_payment(topic, body, currency)


def _read_texts(topic: str, body: dict[str, Any]) -> dict[str, str]:
    texts = {name: clean_text(body.get(name)) for name in STORED_FIELDS}
    codes = [clean_text(code.get("code")) for code in list_objects(body.get("discount_codes"))]
    texts["coupon"] = ",".join(codes[:5])
    if topic.startswith("checkouts/"):
        # The order refers to its checkout by this id.
        texts["checkout_id"] = clean_text(body.get("id"))
    landing_site = body.get("landing_site")
    texts["landing_site"] = (
        clean_text(clean_url(landing_site)) if isinstance(landing_site, str) else ""
    )
    return {name: text for name, text in texts.items() if text}
