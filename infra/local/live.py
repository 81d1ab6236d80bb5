"""What happens in the sample shop while the demo runs: two visitors, a Shopify order and a form, as senders send them."""

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

from infra.local.shop import Line, Shop

SHOPIFY_SOURCE = "demo"
FORM_SOURCE = "newsletter"
DOMAIN = "demo.myshopify.com"
VISITOR = "anon-demo-visitor"  # known by a cookie only


@dataclass(frozen=True)
class Post:
    """One request to a door."""

    title: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def batch(shop: Shop, write_key: str, now: datetime) -> Post:
    """A known customer and a stranger browse, as a storefront's SDK would tell it."""
    customer = {"userId": shop.regular["customer_id"], "anonymousId": "anon-demo-customer"}
    stranger = {"anonymousId": VISITOR}
    viewed, added, last = shop.bestsellers[:3]
    events = [
        {"type": "identify", **customer, "traits": {"email": shop.regular["email"]}},
        {"type": "page", **customer, "name": "Home"},
        {"type": "track", **customer, "event": "Product Viewed", "properties": _product(viewed)},
        {"type": "track", **customer, "event": "Product Added", "properties": _product(added)},
        {"type": "page", **stranger, "name": "Home"},
        {"type": "track", **stranger, "event": "Product Viewed", "properties": _product(last)},
    ]
    moment = now.isoformat(timespec="milliseconds")
    sent = [
        {**event, "messageId": f"demo-{moment}-{number}", "timestamp": moment}
        for number, event in enumerate(events)
    ]
    body = json.dumps({"batch": sent, "sentAt": moment}).encode()
    headers = {"content-type": "application/json", "authorization": _basic(write_key)}
    return Post(f"{len(sent)} storefront events", "/v1/batch", headers, body)


def order(shop: Shop, secret: str, now: datetime) -> Post:
    """A paid order as Shopify posts it, signed over the raw bytes."""
    body = json.dumps(_shopify_order(shop, now)).encode()
    digest = hmac.digest(secret.encode(), body, "sha256")
    headers = {
        "content-type": "application/json",
        "x-shopify-topic": "orders/paid",
        "x-shopify-shop-domain": DOMAIN,
        "x-shopify-event-id": hashlib.sha256(body).hexdigest()[:32],
        "x-shopify-hmac-sha256": base64.b64encode(digest).decode(),
    }
    return Post("one signed Shopify order", f"/hooks/shopify/{SHOPIFY_SOURCE}", headers, body)


def form(secret: str) -> Post:
    """A newsletter form as a browser posts it."""
    fields = {"email": "nora.lind@example.com", "name": "Nora Lind", "newsletter": "yes"}
    path = f"/hooks/form/{FORM_SOURCE}?{urlencode({'key': secret})}"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return Post("one form", path, headers, urlencode(fields).encode())


def _shopify_order(shop: Shop, now: datetime) -> dict[str, Any]:
    line = shop.bestsellers[0]
    moment = now.isoformat(timespec="seconds")
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
        "created_at": moment,
        "updated_at": moment,
        "currency": line["currency"],
        "financial_status": "paid",
        "total_price": total,
        "line_items": [item],
        "customer": {"id": 7001, "email": email},
    }


def _product(line: Line) -> dict[str, Any]:
    return {
        "product_id": line["product_id"],
        "name": line["product_name"],
        "price": line["unit_price"],
        "currency": line["currency"],
    }


def _basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()
