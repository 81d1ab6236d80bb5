"""Build deliveries as Shopify sends them, signed with a made-up secret."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

SECRET = "shpss_made_up"
SHOP = "example-shop.myshopify.com"


def build_order(**changes: Any) -> dict[str, Any]:
    """Return the sample order with changes."""
    path = Path(__file__).parents[1] / "events" / "shopify_order.json"
    sample: dict[str, Any] = json.loads(path.read_text())
    return sample | changes


def build_headers(body: bytes, topic: str = "orders/paid", **changes: str) -> dict[str, str]:
    """Return the headers of a delivery; `changes` names them without their prefix (`event_id` → `X-Shopify-event-id`)."""
    signature = base64.b64encode(hmac.digest(SECRET.encode(), body, hashlib.sha256)).decode()
    values = {
        "topic": topic,
        "hmac_sha256": signature,
        "shop_domain": SHOP,
        "event_id": "event-1",
        "triggered_at": "2026-11-20T09:00:06.123456789Z",
    } | changes
    return {f"X-Shopify-{name.replace('_', '-')}": value for name, value in values.items()}
