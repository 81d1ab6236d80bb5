"""Build shops that sold during an outage: what their providers' APIs list, and what their webhooks would have sent."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.providers.shopify import ACCESS_TOKEN, FakeShopify
from tests.providers.stripe import API_KEY as STRIPE_KEY
from tests.providers.stripe import FakeStripe
from tests.providers.woocommerce import CONSUMER_KEY, CONSUMER_SECRET, SITE_URL, FakeWooCommerce
from tests.support import shopify_deliveries as shopify
from tests.support.shopify_deliveries import SHOP

BUYER_COUNT = 200
OUTAGE_LENGTH = timedelta(hours=6)
SIGNING_SECRET = "whsec_made_up"
_EASTERN_ZONE = datetime.fromisoformat("2026-11-20T00:00:00-05:00").tzinfo

type Delivery = tuple[dict[str, str], bytes]  # headers, body


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(kw_only=True)
class Storefront:
    """One source: `provider` is its API, `build_delivery` builds the webhook of an order's last change."""

    channel: str
    provider: Any
    place_order: Callable[[int, datetime], None]
    build_delivery: Callable[[int], Delivery]
    config: dict[str, Any]
    credentials: dict[str, str]
    signing_secret: str = SIGNING_SECRET
    outage_end: datetime = field(default_factory=_now)

    def place_orders(self, count: int) -> None:
        """Place the orders 1…count, 10.00 each, evenly over the hours of the outage."""
        outage_start = self.outage_end - OUTAGE_LENGTH
        for number in range(1, count + 1):
            self.place_order(number, outage_start + number * OUTAGE_LENGTH / (count + 1))


def buyer_email(number: int) -> str:
    """Return the e-mail address of an order's buyer."""
    return f"buyer{number % BUYER_COUNT}@canary.example"


def build_shopify_storefront() -> Storefront:
    """Build a Shopify shop; its webhooks write the same order with other spaces and time zones than its API."""
    provider = FakeShopify()

    def place_order(number: int, at: datetime) -> None:
        text = at.isoformat(timespec="seconds")
        provider.orders[number] = shopify.build_order(
            id=number,
            **dict.fromkeys(("created_at", "processed_at", "updated_at"), text),
            total_price="10.00",
            current_total_price="10.00",
            email=buyer_email(number),
            contact_email=buyer_email(number),
            phone=None,
            note_attributes=[],
            customer={"id": 7000 + number % BUYER_COUNT, "email": buyer_email(number)},
        )

    def build_delivery(number: int) -> Delivery:
        order = dict(reversed(provider.orders[number].items()))
        updated_at = datetime.fromisoformat(order["updated_at"]).astimezone(_EASTERN_ZONE)
        body = json.dumps(order | {"updated_at": updated_at.isoformat()}, indent=1).encode()
        return shopify.build_headers(body, "orders/updated"), body

    return Storefront(
        channel="shopify",
        provider=provider,
        place_order=place_order,
        build_delivery=build_delivery,
        config={"shop": SHOP},
        credentials={"access_token": ACCESS_TOKEN},
        signing_secret=shopify.SECRET,
    )


def build_woocommerce_storefront() -> Storefront:
    """Build a WooCommerce shop whose buyers are guests."""
    provider = FakeWooCommerce()

    def place_order(number: int, at: datetime) -> None:
        text = at.strftime("%Y-%m-%dT%H:%M:%S")
        date_fields = ("date_created_gmt", "date_modified_gmt", "date_paid_gmt")
        provider.orders[number] = {
            "id": number,
            "status": "processing",
            "currency": "EUR",
            "total": "10.00",
            "customer_id": 0,
            **dict.fromkeys(date_fields, text),
            "billing": {"email": buyer_email(number), "country": "DE"},
            "line_items": [{"product_id": 93, "name": "Tea", "quantity": 1, "price": 10}],
            "refunds": [],
        }

    def build_delivery(number: int) -> Delivery:
        body = json.dumps(provider.orders[number], separators=(",", ":")).encode()
        digest = hmac.digest(SIGNING_SECRET.encode(), body, hashlib.sha256)
        signature = base64.b64encode(digest).decode()
        return {"x-wc-webhook-topic": "order.updated", "x-wc-webhook-signature": signature}, body

    return Storefront(
        channel="woocommerce",
        provider=provider,
        place_order=place_order,
        build_delivery=build_delivery,
        config={"site": SITE_URL},
        credentials={"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET},
    )


def build_stripe_storefront() -> Storefront:
    """Build a Stripe account; each sale has events of its PaymentIntent and of its charge."""
    provider = FakeStripe()

    def place_order(number: int, at: datetime) -> None:
        sale = {"amount": 1000, "amount_received": 1000, "amount_captured": 1000, "currency": "eur"}
        intent = {"id": f"pi_{number}", "object": "payment_intent", **sale}
        charge = {
            "id": f"ch_{number}",
            "object": "charge",
            "payment_intent": f"pi_{number}",
            **sale,
        }
        charge["billing_details"] = {"email": buyer_email(number)}
        for kind, resource in (("payment_intent", intent), ("charge", charge)):
            event = {"id": f"evt_{kind}_{number}", "type": f"{kind}.succeeded", "livemode": True}
            content = {"created": int(at.timestamp()), "data": {"object": resource}}
            provider.events.append(event | content)

    def build_delivery(number: int) -> Delivery:
        id_ = f"evt_charge_{number}"
        event = next(event for event in provider.events if event["id"] == id_)
        body, now = json.dumps(event, indent=2).encode(), int(time.time())
        message = f"{now}.".encode() + body
        signature = hmac.new(SIGNING_SECRET.encode(), message, hashlib.sha256).hexdigest()
        return {"stripe-signature": f"t={now},v1={signature}"}, body

    return Storefront(
        channel="stripe",
        provider=provider,
        place_order=place_order,
        build_delivery=build_delivery,
        config={},
        credentials={"api_key": STRIPE_KEY},
    )


STOREFRONTS = {
    "shopify": build_shopify_storefront,
    "woocommerce": build_woocommerce_storefront,
    "stripe": build_stripe_storefront,
}
