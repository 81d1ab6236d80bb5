"""Shops that sold while nobody listened: what their providers show, and the deliveries their webhooks would have made."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.providers.shopify import TOKEN, Shopify
from tests.providers.stripe import KEY as STRIPE_KEY
from tests.providers.stripe import Stripe
from tests.providers.woocommerce import KEY, SECRET, SITE, WooCommerce
from tests.support import shopify_deliveries as shopify
from tests.support.shopify_deliveries import SHOP

BUYERS = 200
OUTAGE = timedelta(hours=6)
SIGNING = "whsec_made_up"

type Delivery = tuple[dict[str, str], bytes]  # headers, body


@dataclass
class Storefront:
    """One source: `provider` shows everything, `deliver` makes the delivery of one order's last change."""

    channel: str
    provider: Any
    place: Callable[[int, datetime], None]
    deliver: Callable[[int], Delivery]
    config: dict[str, Any]
    credentials: dict[str, str]
    signing: str = SIGNING
    began: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def sell(self, count: int) -> None:
        """Orders 1…count, evenly over the hours in which nobody listened, 10.00 each."""
        for number in range(1, count + 1):
            self.place(number, self.began - OUTAGE + number * OUTAGE / (count + 1))


def email(number: int) -> str:
    """Who bought."""
    return f"buyer{number % BUYERS}@canary.example"


def shopify_front() -> Storefront:
    """A Shopify shop; its webhooks spell the same order with other spaces and zones."""
    provider = Shopify()

    def place(number: int, at: datetime) -> None:
        text = at.isoformat(timespec="seconds")
        buyer = number % BUYERS
        provider.orders[number] = shopify.build_order(
            id=number,
            **dict.fromkeys(("created_at", "processed_at", "updated_at"), text),
            total_price="10.00",
            current_total_price="10.00",
            email=email(number),
            contact_email=email(number),
            phone=None,
            note_attributes=[],
            customer={"id": 7000 + buyer, "email": email(number)},
        )

    def deliver(number: int) -> Delivery:
        told = dict(reversed(provider.orders[number].items()))
        text = datetime.fromisoformat(told["updated_at"]).astimezone(_EASTERN).isoformat()
        body = json.dumps(told | {"updated_at": text}, indent=1).encode()
        return shopify.build_headers(body, "orders/updated"), body

    credentials = {"access_token": TOKEN}
    front = Storefront("shopify", provider, place, deliver, {"shop": SHOP}, credentials)
    front.signing = shopify.SECRET
    return front


def woocommerce_front() -> Storefront:
    """A WooCommerce shop whose buyers are guests."""
    provider = WooCommerce()

    def place(number: int, at: datetime) -> None:
        text = at.strftime("%Y-%m-%dT%H:%M:%S")
        stamps = ("date_created_gmt", "date_modified_gmt", "date_paid_gmt")
        provider.orders[number] = {
            "id": number,
            "status": "processing",
            "currency": "EUR",
            "total": "10.00",
            "customer_id": 0,
            **dict.fromkeys(stamps, text),
            "billing": {"email": email(number), "country": "DE"},
            "line_items": [{"product_id": 93, "name": "Tea", "quantity": 1, "price": 10}],
            "refunds": [],
        }

    def deliver(number: int) -> Delivery:
        body = json.dumps(provider.orders[number], separators=(",", ":")).encode()
        signature = base64.b64encode(hmac.digest(SIGNING.encode(), body, hashlib.sha256)).decode()
        return {"x-wc-webhook-topic": "order.updated", "x-wc-webhook-signature": signature}, body

    credentials = {"consumer_key": KEY, "consumer_secret": SECRET}
    return Storefront("woocommerce", provider, place, deliver, {"site": SITE}, credentials)


def stripe_front() -> Storefront:
    """A Stripe account: each sale is told by its PaymentIntent and by its charge."""
    provider = Stripe()

    def place(number: int, at: datetime) -> None:
        sale = {"amount": 1000, "amount_received": 1000, "amount_captured": 1000, "currency": "eur"}
        intent = {"id": f"pi_{number}", "object": "payment_intent", **sale}
        charge = {
            "id": f"ch_{number}",
            "object": "charge",
            "payment_intent": f"pi_{number}",
            **sale,
        }
        charge["billing_details"] = {"email": email(number)}
        for kind, thing in (("payment_intent", intent), ("charge", charge)):
            event = {"id": f"evt_{kind}_{number}", "type": f"{kind}.succeeded", "livemode": True}
            stamp = {"created": int(at.timestamp()), "data": {"object": thing}}
            provider.events.append(event | stamp)

    def deliver(number: int) -> Delivery:
        event = next(one for one in provider.events if one["id"] == f"evt_charge_{number}")
        body, now = json.dumps(event, indent=2).encode(), int(time.time())
        signed = hmac.new(SIGNING.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
        return {"stripe-signature": f"t={now},v1={signed}"}, body

    return Storefront("stripe", provider, place, deliver, {}, {"api_key": STRIPE_KEY})


_EASTERN = datetime.fromisoformat("2026-11-20T00:00:00-05:00").tzinfo
FRONTS = {"shopify": shopify_front, "woocommerce": woocommerce_front, "stripe": stripe_front}
