"""Live deliveries of the sample shop, as senders send them: two visitors, a Shopify order and a form."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from infra.local.sample_shop import OrderLine, SampleShop

SHOPIFY_SOURCE = "demo"
FORM_SOURCE = "newsletter"
SHOP_DOMAIN = "demo.myshopify.com"
VISITOR_ID = "anon-demo-visitor"  # known by a cookie only


@dataclass(frozen=True, kw_only=True)
class SampleDelivery:
    """One request to the API of a deployment."""

    title: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def build_batch(shop: SampleShop, write_key: str, now: datetime) -> SampleDelivery:
    """Return the batch in which the SDK of a storefront sends what a known customer and a stranger browse."""
    customer = {"userId": shop.regular["customer_id"], "anonymousId": "anon-demo-customer"}
    stranger = {"anonymousId": VISITOR_ID}
    viewed, added, last = (_build_properties(line) for line in shop.bestsellers[:3])
    events = [
        {"type": "identify", **customer, "traits": {"email": shop.regular["email"]}},
        {"type": "page", **customer, "name": "Home"},
        {"type": "track", **customer, "event": "Product Viewed", "properties": viewed},
        {"type": "track", **customer, "event": "Product Added", "properties": added},
        {"type": "page", **stranger, "name": "Home"},
        {"type": "track", **stranger, "event": "Product Viewed", "properties": last},
    ]
    at = now.isoformat(timespec="milliseconds")
    messages = [
        {**event, "messageId": f"demo-{at}-{number}", "timestamp": at}
        for number, event in enumerate(events)
    ]
    return SampleDelivery(
        title=f"{len(messages)} storefront events",
        path="/v1/batch",
        headers={
            "content-type": "application/json",
            "authorization": _encode_basic_header(write_key),
        },
        body=json.dumps({"batch": messages, "sentAt": at}).encode(),
    )


def build_order(shop: SampleShop, secret: str, now: datetime) -> SampleDelivery:
    """Return a paid order as Shopify sends it, signed over the raw bytes."""
    body = json.dumps(_build_shopify_order(shop, now)).encode()
    digest = hmac.digest(secret.encode(), body, "sha256")
    headers = {
        "content-type": "application/json",
        "x-shopify-topic": "orders/paid",
        "x-shopify-shop-domain": SHOP_DOMAIN,
        "x-shopify-event-id": hashlib.sha256(body).hexdigest()[:32],
        "x-shopify-hmac-sha256": base64.b64encode(digest).decode(),
    }
    return SampleDelivery(
        title="one signed Shopify order",
        path=f"/hooks/shopify/{SHOPIFY_SOURCE}",
        headers=headers,
        body=body,
    )


def build_form(secret: str) -> SampleDelivery:
    """Return a newsletter form as a browser sends it."""
    fields = {"email": "nora.lind@example.com", "name": "Nora Lind", "newsletter": "yes"}
    return SampleDelivery(
        title="one form",
        path=f"/hooks/form/{FORM_SOURCE}?{urlencode({'key': secret})}",
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=urlencode(fields).encode(),
    )


def _build_shopify_order(shop: SampleShop, now: datetime) -> dict[str, Any]:
    line = shop.bestsellers[0]
    at = now.isoformat(timespec="seconds")
    item = {
        "id": 1,
        "product_id": line["product_id"],
        "title": line["product_name"],
        "quantity": 2,
        "price": line["unit_price"],
    }
    total = str(2 * Decimal(line["unit_price"]))
    email = shop.regular["email"]
    return {
        "id": int(now.timestamp()),
        "email": email,
        "created_at": at,
        "updated_at": at,
        "currency": line["currency"],
        "financial_status": "paid",
        "total_price": total,
        "line_items": [item],
        "customer": {"id": 7001, "email": email},
    }


def _build_properties(line: OrderLine) -> dict[str, Any]:
    return {
        "product_id": line["product_id"],
        "name": line["product_name"],
        "price": line["unit_price"],
        "currency": line["currency"],
    }


def _encode_basic_header(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()
