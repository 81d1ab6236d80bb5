"""Receive orders, refunds, subscriptions, renewals and licence keys of a Lemon Squeezy store.

**Set up**

1. Run `regulars connect lemonsqueezy`. It generates a signing secret and prints the URL and the secret.
2. In Lemon Squeezy, go to Settings → Webhooks and add a webhook with this URL and this signing secret.
3. Select the events listed below.

**Rotate the secret**: Run `regulars sources rotate lemonsqueezy` and paste the new secret in Lemon Squeezy. The
previous secret stays valid until the next rotation.

**Events**

* `order_created` → Order Completed
* `order_refunded` → Order Refunded
* `subscription_created` → Subscription Started
* `subscription_updated` → Subscription Updated
* `subscription_cancelled` → Subscription Cancelled
* `subscription_expired` → Subscription Ended
* `subscription_payment_success` → Payment Succeeded
* `subscription_payment_failed` → Payment Failed
* `subscription_payment_refunded` → Payment Refunded
* `license_key_created` → License Key Created
* Any other event → a reject with the reason `unknown_topic`

**Stored**

* The order or payment: IDs, amounts, currency, status, billing reason and product.
* The buyer: customer ID as an identifier; e-mail address and name as contact data. Also `user_id` of the custom data,
  if your checkout link passes it.

**Not stored**: the licence keys themselves, card digits, addresses and links to the customer portal.

**Notes**

* Orders: an order is one order. The first payment of a subscription belongs to its order. Every renewal is a separate
  order with the ID of the subscription invoice, because no other event reports it.
* Refunds: an order or invoice contains the total that was refunded so far.
* Retries: Lemon Squeezy retries a delivery three times within minutes and then stops.
* Test mode: deliveries of test mode are stored and never counted.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from regulars.channels.contract import Channel, Draft, GeneratedSecret, Request, UnknownTopicError
from regulars.channels.drafts.sales import EventBuilder
from regulars.channels.fields.event_times import format_first_time, parse_first_time
from regulars.channels.fields.items import build_item
from regulars.channels.fields.json_values import ObjectReader, as_object
from regulars.channels.fields.money import parse_currency, parse_minor_units
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text
from regulars.channels.fields.texts import require_id, select_texts
from regulars.channels.signatures.shared_secret import check_equal
from regulars.domain.events import Item, OrderFact
from regulars.domain.times import to_text

CHANNEL_NAME = "lemonsqueezy"
# Event name → the event's type.
TOPICS = {
    "order_created": "Order Completed",
    "order_refunded": "Order Refunded",
    "subscription_created": "Subscription Started",
    "subscription_updated": "Subscription Updated",
    "subscription_cancelled": "Subscription Cancelled",
    "subscription_expired": "Subscription Ended",
    "subscription_payment_success": "Payment Succeeded",
    "subscription_payment_failed": "Payment Failed",
    "subscription_payment_refunded": "Payment Refunded",
    "license_key_created": "License Key Created",
}
_READER = ObjectReader(("meta", "data"))
_INITIAL_REASON = "initial"
_ORDER_STATUSES = {"pending": "placed", "failed": "cancelled", "fraudulent": "cancelled"}
_STORED_FIELDS = (
    *("status", "order_number", "billing_reason", "subscription_id", "order_id"),
    *("product_id", "variant_id", "variant_name"),
)


class LemonSqueezyEvent(NamedTuple):
    """One Lemon Squeezy event: its name, the id of its resource and the attributes."""

    builder: EventBuilder
    topic: str
    id: str
    attributes: dict[str, Any]


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (the signature carries no time)
    """Verify an HMAC-SHA256 over the raw body, in hexadecimal.

    https://docs.lemonsqueezy.com/help/webhooks/signing-requests
    """
    signature = request.headers.get("x-signature", "")
    check_equal(signature, [_hmac_hex(secret, request.body) for secret in secrets])


def translate_delivery(request: Request) -> list[Draft]:
    """Return the event of one delivery; raise UnknownTopicError for a name that is not in TOPICS."""
    body = _READER.read(request.body)
    meta, data = as_object(body.get("meta")), as_object(body.get("data"))
    attributes = as_object(data.get("attributes"))
    # The event name in the header is not signed.
    topic = meta.get("event_name")
    if not isinstance(topic, str) or topic not in TOPICS:
        raise UnknownTopicError
    is_test = attributes.get("test_mode") is True or meta.get("test_mode") is True
    reported_at = parse_first_time(attributes.get("updated_at"), attributes.get("created_at"))
    builder = EventBuilder(
        request, CHANNEL_NAME, "payments", reported_at=reported_at, is_test=is_test
    )
    resource_id = require_id(data.get("id"), "id")
    event = LemonSqueezyEvent(builder=builder, topic=topic, id=resource_id, attributes=attributes)
    # Without a modification time, the content identifies the version.
    version = clean_text(attributes.get("updated_at")) or hashlib.sha256(request.body).hexdigest()
    person = _build_person(meta, attributes, builder.store)
    return [
        builder.build_draft(
            TOPICS[topic], (topic, event.id, version), person, **_build_facts(event)
        )
    ]


def build_sample(blank: Request, secret: str) -> Request:
    """Return an order in test mode."""
    attributes = {
        "test_mode": True,
        "currency": "EUR",
        "total": 0,
        "updated_at": to_text(blank.received_at),
    }
    data = {"type": "orders", "id": "0", "attributes": attributes}
    body = json.dumps({"meta": {"event_name": "order_created"}, "data": data}).encode()
    headers = {"x-signature": _hmac_hex(secret, body).decode()}
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _build_facts(event: LemonSqueezyEvent) -> dict[str, Any]:
    attributes = event.attributes
    properties: dict[str, Any] = select_texts(attributes, *_STORED_FIELDS)
    if attributes.get("total") is None:
        return {"properties": properties}
    currency = parse_currency(attributes.get("currency"))
    total = parse_minor_units(attributes["total"])
    return {
        "currency": currency,
        "items": _build_items(as_object(attributes.get("first_order_item"))),
        "order": _build_order(event, currency, total),
        "properties": properties | {"amount": total},
    }


def _build_items(line: dict[str, Any]) -> tuple[Item, ...]:
    price = None if line.get("price") is None else parse_minor_units(line["price"])
    item = build_item(line.get("product_id"), line.get("quantity"), price, line.get("product_name"))
    return (item,) if item else ()


def _build_order(event: LemonSqueezyEvent, currency: str, total: int) -> OrderFact | None:
    """Return the order or the renewal; None for a failed payment and for the first payment of an order."""
    attributes, store = event.attributes, event.builder.store
    if event.topic.startswith("order_"):
        key = f"{store}/{event.id}"
    elif (
        event.topic == "subscription_payment_failed"
        or attributes.get("billing_reason") == _INITIAL_REASON
    ):
        return None
    else:
        key = f"{store}/invoice-{event.id}"
    return OrderFact(
        key=key,
        version=event.builder.occurred_at,
        placed_at=format_first_time(attributes.get("created_at")),
        status=_ORDER_STATUSES.get(str(attributes.get("status")), "paid"),
        total=total,
        refunded=_parse_refunded_amount(attributes),
        currency=currency,
    )


def _parse_refunded_amount(attributes: dict[str, Any]) -> int | None:
    """Return what was refunded so far; None, which means everything, if only the status reports it."""
    if attributes.get("refunded_amount") is not None:
        return parse_minor_units(attributes["refunded_amount"])
    return None if attributes.get("status") == "refunded" else 0


def _build_person(meta: dict[str, Any], attributes: dict[str, Any], store: str) -> PersonBuilder:
    person = PersonBuilder("")
    person.add_identifier("user_id", as_object(meta.get("custom_data")).get("user_id"))
    person.add_identifier("customer", attributes.get("customer_id"), store)
    person.add_contact({"email": attributes.get("user_email"), "name": attributes.get("user_name")})
    return person


def _hmac_hex(secret: str, body: bytes) -> bytes:
    return hmac.digest(secret.encode(), body, "sha256").hex().encode()


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Lemon Squeezy",
    page=__doc__,
    secret=GeneratedSecret(),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
