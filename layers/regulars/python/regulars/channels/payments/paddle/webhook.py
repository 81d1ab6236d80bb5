"""Receive transactions, refunds, subscriptions, customers and products of a Paddle Billing account.

**Set up**

1. Run `regulars connect paddle`. It prints the URL and then asks for the secret key.
2. In Paddle, go to Developer Tools → Notifications and add a destination of the type Webhook with this URL.
3. Select the events listed below.
4. Open the destination, copy its secret key (`pdl_ntfset_…`) and enter it in `regulars connect paddle`.

**Events**

* `transaction.completed` → Order Completed, renewals included
* `transaction.paid` → Payment Succeeded
* `transaction.payment_failed` → Payment Failed
* `adjustment.created`, `adjustment.updated` → Payment Refunded for a refund, Refund Failed for a rejected refund,
  Dispute Opened for a chargeback, Payment Adjusted for a credit
* `customer.created`, `customer.updated` → Customer Created, Customer Updated. Do not omit them, because all other
  events contain only the customer ID.
* `subscription.created`, `subscription.activated` → Subscription Started
* `subscription.updated` → Subscription Updated
* `subscription.past_due` → Payment Failed
* `subscription.canceled` → Subscription Cancelled
* `product.updated` → Product Updated
* Any other event → a reject with the reason `unknown_topic`

**Stored**

* The transaction: IDs, amounts, currency, status, origin and items with their products.
* The buyer: customer ID as an identifier; e-mail address and name as contact data. Also `user_id` of the custom data,
  if your checkout passes it.
* Marketing consent, if it is granted.

**Not stored**: cards, addresses and the rest of the custom data.

**Notes**

* Orders: a transaction is one order. It counts as soon as it is completed. The payment is a separate event.
* Refunds: a refund that waits for approval is subtracted immediately, and added again if it is rejected. A chargeback
  is reported as a dispute. A credit moves no money.
* Signature: Paddle signs each attempt with its time. A signature that is more than 300 seconds old, or as far in the
  future, is rejected.
* Retries: Paddle retries a delivery for three days.
* Test mode: sandbox and live are separate accounts with separate secrets, and their deliveries look the same. Connect
  the sandbox as a separate source with `--set test=true`. Its deliveries are stored and never counted.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.contract import Channel, Draft, ProviderSecret, Request, UnknownTopicError
from regulars.channels.drafts.sales import EventBuilder
from regulars.channels.fields.event_times import format_first_time, parse_first_time
from regulars.channels.fields.items import build_item
from regulars.channels.fields.json_values import ObjectReader, as_object
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.texts import build_traits, require_id, select_texts
from regulars.channels.payments.paddle.sales import (
    PaddleEvent,
    translate_adjustment,
    translate_completed_transaction,
    translate_payment,
)
from regulars.channels.signatures.timed import (
    SignatureFormat,
    build_signature_headers,
    verify_timed,
)
from regulars.domain.events import ConsentChange
from regulars.domain.times import to_text

CHANNEL_NAME = "paddle"
SIGNATURE_FORMAT = SignatureFormat(
    header="paddle-signature", separator=";", time="ts", signature="h1", joint=b":"
)
# Paddle event type → the event's type.
TOPICS = {
    "customer.created": "Customer Created",
    "customer.updated": "Customer Updated",
    "transaction.completed": "Order Completed",
    "transaction.paid": "Payment Succeeded",
    "transaction.payment_failed": "Payment Failed",
    "adjustment.created": "Payment Refunded",
    "adjustment.updated": "Payment Refunded",
    "subscription.created": "Subscription Started",
    "subscription.activated": "Subscription Started",
    "subscription.updated": "Subscription Updated",
    "subscription.past_due": "Payment Failed",
    "subscription.canceled": "Subscription Cancelled",
    "product.updated": "Product Updated",
}
_READER = ObjectReader(("event_id", "event_type", "occurred_at", "data"))


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """Verify an `h1` signature over time and body.

    https://developer.paddle.com/webhooks/signature-verification
    """
    verify_timed(request, secrets, now, SIGNATURE_FORMAT)


def translate_delivery(request: Request) -> list[Draft]:
    """Return the events of one Paddle event; raise UnknownTopicError for a type that is not in TOPICS."""
    payload = _READER.read(request.body)
    topic = payload.get("event_type")
    if not isinstance(topic, str) or topic not in TOPICS:
        raise UnknownTopicError
    resource = as_object(payload.get("data"))
    is_test = request.config.get("test") in (True, "true")
    reported_at = parse_first_time(payload.get("occurred_at"))
    builder = EventBuilder(
        request, CHANNEL_NAME, "payments", reported_at=reported_at, is_test=is_test
    )
    person = _build_person(topic, resource, builder.store)
    event_id = require_id(payload.get("event_id"), "event_id")
    event = PaddleEvent(builder=builder, id=event_id, resource=resource, person=person)
    match topic.partition(".")[0]:
        case "adjustment":
            return [translate_adjustment(event)]
        case "transaction" if topic == "transaction.completed":
            return [translate_completed_transaction(event)]
        case "transaction":
            return [translate_payment(event, TOPICS[topic])]
    return [_translate_record(event, topic)]


def build_sample(blank: Request, secret: str) -> Request:
    """Return a failed payment without a person."""
    payload = {
        "event_id": f"evt_sample_{to_text(blank.received_at)}",
        "event_type": "transaction.payment_failed",
        "occurred_at": to_text(blank.received_at),
        "data": {"id": "txn_sample"},
    }
    body = json.dumps(payload).encode()
    headers = build_signature_headers(secret, body, blank.received_at, SIGNATURE_FORMAT)
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _translate_record(event: PaddleEvent, topic: str) -> Draft:
    resource, builder = event.resource, event.builder
    facts: dict[str, Any] = {"properties": select_texts(resource, "status", "tax_category")}
    key: tuple[str, ...] = (event.id,)
    if topic.startswith("subscription."):
        facts["properties"] |= {"subscription_id": require_id(resource.get("id"), "id")}
    if TOPICS[topic] == "Subscription Started":
        # A created subscription and the activated one are the same event.
        key = ("started", facts["properties"]["subscription_id"])
        builder = builder.copy_at(resource.get("started_at"), resource.get("created_at"))
    if topic == "product.updated":
        item = build_item(resource.get("id"), 1, name=resource.get("name"))
        facts["items"] = (item,) if item else ()
    if resource.get("marketing_consent") is True:
        # False is the default for customers who were never asked. The grant is dated from the customer's creation,
        # so that it does not override a denial since then.
        at = format_first_time(resource.get("created_at")) or event.builder.occurred_at
        facts["consents"] = (
            ConsentChange(channel="email", status="granted", at=at, basis="checkout"),
        )
    facts["traits"] = build_traits(locale=resource.get("locale"))
    return builder.build_draft(TOPICS[topic], key, event.person, **facts)


def _build_person(topic: str, resource: dict[str, Any], store: str) -> PersonBuilder:
    person = PersonBuilder("")
    is_customer = topic.startswith("customer.")
    customer = resource if is_customer else as_object(resource.get("customer"))
    person.add_identifier("user_id", as_object(resource.get("custom_data")).get("user_id"))
    person.add_identifier("customer", customer.get("id") or resource.get("customer_id"), store)
    person.add_contact(customer)
    return person


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Paddle",
    page=__doc__,
    secret=ProviderSecret(question="The secret key of the destination (pdl_ntfset_…)"),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
