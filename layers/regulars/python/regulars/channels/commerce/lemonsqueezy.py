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
from regulars.domain.events import OrderFact
from regulars.domain.times import to_text

CHANNEL_NAME = "lemonsqueezy"
# Event → the event's type.
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
_INITIAL = "initial"
_STANDINGS = {"pending": "placed", "failed": "cancelled", "fraudulent": "cancelled"}
_KEPT = (
    *("status", "order_number", "billing_reason", "subscription_id", "order_id"),
    *("product_id", "variant_id", "variant_name"),
)


class _Notice(NamedTuple):
    builder: EventBuilder
    topic: str
    id: str
    facts: dict[str, Any]


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (it carries no time)
    """HMAC-SHA256 over the raw body, in hexadecimal.

    https://docs.lemonsqueezy.com/help/webhooks/signing-requests
    """
    given = request.headers.get("x-signature", "")
    check_equal(given, [_signature(secret, request.body) for secret in secrets])


def translate_delivery(request: Request) -> list[Draft]:
    """What one event tells; InvalidEventError(unknown_topic) for one we make nothing of."""
    body = _READER.read(request.body)
    meta, data = as_object(body.get("meta")), as_object(body.get("data"))
    facts = as_object(data.get("attributes"))
    # The header of the same name is not signed.
    topic = meta.get("event_name")
    if not isinstance(topic, str) or topic not in TOPICS:
        raise UnknownTopicError
    is_test = facts.get("test_mode") is True or meta.get("test_mode") is True
    reported_at = parse_first_time(facts.get("updated_at"), facts.get("created_at"))
    builder = EventBuilder(
        request, CHANNEL_NAME, "payments", reported_at=reported_at, is_test=is_test
    )
    notice = _Notice(builder, topic, require_id(data.get("id"), "id"), facts)
    # What was changed twice within its clock's precision differs in content.
    version = clean_text(facts.get("updated_at")) or hashlib.sha256(request.body).hexdigest()
    person = _person(meta, facts, builder.store)
    return [
        builder.build_draft(TOPICS[topic], (topic, notice.id, version), person, **_told(notice))
    ]


def build_sample(blank: Request, secret: str) -> Request:
    """An order of test mode."""
    facts = {
        "test_mode": True,
        "currency": "EUR",
        "total": 0,
        "updated_at": to_text(blank.received_at),
    }
    data = {"type": "orders", "id": "0", "attributes": facts}
    body = json.dumps({"meta": {"event_name": "order_created"}, "data": data}).encode()
    headers = {"x-signature": _signature(secret, body).decode()}
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _told(notice: _Notice) -> dict[str, Any]:
    facts = notice.facts
    properties: dict[str, Any] = select_texts(facts, *_KEPT)
    if facts.get("total") is None:
        return {"properties": properties}
    currency, total = parse_currency(facts.get("currency")), parse_minor_units(facts["total"])
    line = as_object(facts.get("first_order_item"))
    price = None if line.get("price") is None else parse_minor_units(line["price"])
    item = build_item(line.get("product_id"), line.get("quantity"), price, line.get("product_name"))
    return {
        "currency": currency,
        "items": (item,) if item else (),
        "order": _order(notice, currency, total),
        "properties": properties | {"amount": total},
    }


def _order(notice: _Notice, currency: str, total: int) -> OrderFact | None:
    """The order, or the renewal, which is one; nothing of a payment that failed or is the order's own."""
    facts, store = notice.facts, notice.builder.store
    if notice.topic.startswith("order_"):
        key = f"{store}/{notice.id}"
    elif notice.topic == "subscription_payment_failed" or facts.get("billing_reason") == _INITIAL:
        return None
    else:
        key = f"{store}/invoice-{notice.id}"
    return OrderFact(
        key=key,
        version=notice.builder.occurred_at,
        placed_at=format_first_time(facts.get("created_at")),
        status=_STANDINGS.get(str(facts.get("status")), "paid"),
        total=total,
        refunded=_refunded(facts),
        currency=currency,
    )


def _refunded(facts: dict[str, Any]) -> int | None:
    """What was given back so far; everything where only the status says so."""
    if facts.get("refunded_amount") is not None:
        return parse_minor_units(facts["refunded_amount"])
    return None if facts.get("status") == "refunded" else 0


def _person(meta: dict[str, Any], facts: dict[str, Any], store: str) -> PersonBuilder:
    person = PersonBuilder("")
    person.add_identifier("user_id", as_object(meta.get("custom_data")).get("user_id"))
    person.add_identifier("customer", facts.get("customer_id"), store)
    person.add_contact({"email": facts.get("user_email"), "name": facts.get("user_name")})
    return person


def _signature(secret: str, body: bytes) -> bytes:
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
