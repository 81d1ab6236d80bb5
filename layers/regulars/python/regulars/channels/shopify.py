"""Shopify's webhooks: signed over the raw bytes; orders, refunds, customers, checkouts, carts and products."""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from regulars.channels.contract import Draft, Request
from regulars.channels.moments import Moment, first_of, happened, parsed
from regulars.channels.reading import ObjectReader, objects
from regulars.channels.scrub import clean_text, clean_url
from regulars.channels.shopify_orders import currency_of, items_of, order_of
from regulars.channels.shopify_people import consents_of, person_of, traits_of
from regulars.domain.errors import InvalidEventError, SignatureError
from regulars.domain.events import Event, event_id
from regulars.domain.times import to_text

CHANNEL = "shopify"
# Topic → the event's type, and the fields that say when it happened.
TOPICS = {
    "customers/create": ("Identified", "created_at"),
    "customers/update": ("Identified", "updated_at"),
    "customers/enable": ("Identified", "updated_at"),
    "customers/disable": ("Identified", "updated_at"),
    "orders/create": ("Order Created", "created_at"),
    "orders/paid": ("Order Completed", "updated_at"),
    "orders/updated": ("Order Updated", "updated_at"),
    "orders/edited": ("Order Updated", "updated_at"),
    "orders/fulfilled": ("Order Fulfilled", "updated_at"),
    "orders/partially_fulfilled": ("Order Fulfilled", "updated_at"),
    "orders/cancelled": ("Order Cancelled", "cancelled_at"),
    "refunds/create": ("Order Refunded", "processed_at"),
    "checkouts/create": ("Checkout Started", "created_at"),
    "checkouts/update": ("Checkout Updated", "updated_at"),
    "carts/create": ("Cart Updated", "updated_at"),
    "carts/update": ("Cart Updated", "updated_at"),
    "products/create": ("Product Created", "created_at"),
    "products/update": ("Product Updated", "updated_at"),
}
# What is kept beside the fields of an event: never a token, which opens a cart or an order's page.
_KEPT = (
    "cancel_reason",
    "checkout_id",
    "financial_status",
    "fulfillment_status",
    "handle",
    "product_type",
    "source_name",
    "status",
    "vendor",
)
# Everything that is read of a resource, here and in shopify_orders and shopify_people.
_READER = ObjectReader(
    (
        *_KEPT,
        *("id", "order_id", "title", "variants", "line_items", "refund_line_items", "currency"),
        *("created_at", "updated_at", "processed_at", "cancelled_at", "test", "transactions"),
        *("total_price", "current_total_price", "refunds", "discount_codes", "landing_site"),
        *("customer", "customer_id", "customer_locale", "note_attributes", "billing_address"),
        *("email", "contact_email", "phone", "first_name", "last_name", "default_address"),
        *("email_marketing_consent", "sms_marketing_consent"),
    )
)
_DOMAIN = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (it carries no time)
    """HMAC-SHA256 over the raw bytes with any live secret, compared in constant time.

    https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
    """
    given = _header(request, "hmac-sha256").encode("utf-8", "replace")
    if not given:
        raise SignatureError("missing")
    # Every secret is tried, so that the time taken does not tell which one matched.
    matches = [hmac.compare_digest(given, _signature(request.body, key)) for key in secrets]
    if not any(matches):
        raise SignatureError("signature")


def translate(request: Request) -> list[Draft]:
    """The event of one delivery; InvalidEventError(unknown_topic) for a topic we make nothing of."""
    topic = _header(request, "topic")
    if topic not in TOPICS:
        raise InvalidEventError("Nothing is known to do with this topic.", "unknown_topic")
    body = _READER.read(request.body)
    kind = topic.partition("/")[0]
    person = person_of(kind, body, _shop(request), request.default_country)
    return [Draft(_event(request, topic, body), person.identifiers, person.contact)]


def _event(request: Request, topic: str, body: dict[str, Any]) -> Event:
    kind = topic.partition("/")[0]
    shop = _shop(request)
    moment = _moment(request, topic, body)
    currency = currency_of(body, request.default_currency)
    return Event(
        id=event_id(CHANNEL, shop, topic, _delivered(request)),
        type=TOPICS[topic][0],
        channel="pos" if body.get("source_name") == "pos" else "shop",
        source=f"{CHANNEL}/{request.source}",
        occurred_at=moment.occurred_at,
        received_at=to_text(request.received_at),
        items=items_of(kind, body, currency),
        currency=currency,
        order=order_of(kind, body, f"{CHANNEL}/{shop}", currency),
        consents=consents_of(kind, body),
        traits=traits_of(kind, body),
        properties=_properties(body),
        clock_skewed=moment.clock_skewed,
        backfill=moment.backfill,
        test=_is_test(request, body),
    )


def _moment(request: Request, topic: str, body: dict[str, Any]) -> Moment:
    """When it happened: as the body says; the header, which is not signed, only where it says nothing."""
    fields = (TOPICS[topic][1], "updated_at", "created_at")
    said = next((value for value in map(body.get, fields) if value), None)
    said = said or first_of(_header(request, "triggered-at")) or to_text(request.received_at)
    return happened(parsed(said), request.received_at)


def _properties(body: dict[str, Any]) -> dict[str, Any]:
    texts = {name: clean_text(body.get(name)) for name in _KEPT}
    codes = [clean_text(code.get("code")) for code in objects(body.get("discount_codes"))]
    texts["coupon"] = ",".join(codes[:5])
    landing = body.get("landing_site")
    texts["landing_site"] = clean_text(clean_url(landing)) if isinstance(landing, str) else ""
    return {name: text for name, text in texts.items() if text}


def _is_test(request: Request, body: dict[str, Any]) -> bool:
    """The sender's test mode: a test order, or a refund through a test gateway."""
    payments = [payment.get("test") is True for payment in objects(body.get("transactions"))]
    is_said = body.get("test") is True or _header(request, "test") == "true"
    return is_said or (bool(payments) and all(payments))


def _shop(request: Request) -> str:
    """The shop's domain, which scopes its ids: as set up, else as the delivery says, else our source's id."""
    said = request.config.get("shop") or _header(request, "shop-domain")
    domain = said.strip().lower() if isinstance(said, str) else ""
    return domain if _DOMAIN.fullmatch(domain) else request.source


def _delivered(request: Request) -> str:
    """Shopify's id of what happened, which its retries repeat; else the content's own."""
    return _header(request, "event-id") or hashlib.sha256(request.body).hexdigest()


def _header(request: Request, name: str) -> str:
    """A header of Shopify's: `X-Shopify-…`, and `Shopify-…` as newer deliveries spell it."""
    headers = request.headers
    return headers.get(f"x-shopify-{name}") or headers.get(f"shopify-{name}") or ""


def _signature(body: bytes, secret: str) -> bytes:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256"))
