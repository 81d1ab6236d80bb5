"""Deliveries as Shopify sends them, signed with a made-up secret."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

SECRET = "shpss_made_up"
SHOP = "example-shop.myshopify.com"


def order(**changes: Any) -> dict[str, Any]:
    """The sample order, with changes."""
    path = Path(__file__).parents[1] / "events" / "shopify_order.json"
    sample: dict[str, Any] = json.loads(path.read_text())
    return sample | changes


def headers(body: bytes, topic: str = "orders/paid", **changes: str) -> dict[str, str]:
    """The headers of a delivery; a changed one is named in capitals (`event_id` → `X-Shopify-Event-Id`)."""
    signature = base64.b64encode(hmac.digest(SECRET.encode(), body, hashlib.sha256)).decode()
    said = {
        "topic": topic,
        "hmac_sha256": signature,
        "shop_domain": SHOP,
        "event_id": "event-1",
        "triggered_at": "2026-11-20T09:00:06.123456789Z",
    } | changes
    return {f"X-Shopify-{name.replace('_', '-')}": value for name, value in said.items()}
