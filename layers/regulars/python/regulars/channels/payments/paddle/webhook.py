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
from regulars.channels.payments.paddle.sales import Notice, adjustment, payment, transaction
from regulars.channels.signatures.timed import Format, signed, verify_timed
from regulars.domain.events import ConsentChange
from regulars.domain.times import to_text

CHANNEL_NAME = "paddle"
FORMAT = Format("paddle-signature", ";", "ts", "h1", b":")
# Type → the event's type.
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
    """An `h1` signature over time and body.

    https://developer.paddle.com/webhooks/signature-verification
    """
    verify_timed(request, secrets, now, FORMAT)


def translate_delivery(request: Request) -> list[Draft]:
    """What one event tells; InvalidEventError(unknown_topic) for a type we make nothing of."""
    event = _READER.read(request.body)
    topic = event.get("event_type")
    if not isinstance(topic, str) or topic not in TOPICS:
        raise UnknownTopicError
    thing = as_object(event.get("data"))
    is_test = request.config.get("test") in (True, "true")
    reported_at = parse_first_time(event.get("occurred_at"))
    builder = EventBuilder(
        request, CHANNEL_NAME, "payments", reported_at=reported_at, is_test=is_test
    )
    person = _person(topic, thing, builder.store)
    notice = Notice(builder, require_id(event.get("event_id"), "event_id"), thing, person)
    match topic.partition(".")[0]:
        case "adjustment":
            return [adjustment(notice)]
        case "transaction" if topic == "transaction.completed":
            return [transaction(notice)]
        case "transaction":
            return [payment(notice, TOPICS[topic])]
    return [_recorded(notice, topic)]


def build_sample(blank: Request, secret: str) -> Request:
    """A payment of nobody that failed."""
    event = {
        "event_id": f"evt_sample_{to_text(blank.received_at)}",
        "event_type": "transaction.payment_failed",
        "occurred_at": to_text(blank.received_at),
        "data": {"id": "txn_sample"},
    }
    body = json.dumps(event).encode()
    headers = signed(secret, body, blank.received_at, FORMAT)
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _recorded(notice: Notice, topic: str) -> Draft:
    thing, builder = notice.thing, notice.builder
    told: dict[str, Any] = {"properties": select_texts(thing, "status", "tax_category")}
    key: tuple[str, ...] = (notice.id,)
    if topic.startswith("subscription."):
        told["properties"] |= {"subscription_id": require_id(thing.get("id"), "id")}
    if TOPICS[topic] == "Subscription Started":
        # Created and activated, it is started once.
        key = ("started", told["properties"]["subscription_id"])
        builder = builder.copy_at(thing.get("started_at"), thing.get("created_at"))
    if topic == "product.updated":
        item = build_item(thing.get("id"), 1, name=thing.get("name"))
        told["items"] = (item,) if item else ()
    if thing.get("marketing_consent") is True:
        # False is the default of whom nobody asked. That it still stands takes back no refusal that came since.
        at = format_first_time(thing.get("created_at")) or notice.builder.occurred_at
        told["consents"] = (
            ConsentChange(channel="email", status="granted", at=at, basis="checkout"),
        )
    told["traits"] = build_traits(locale=thing.get("locale"))
    return builder.build_draft(TOPICS[topic], key, notice.person, **told)


def _person(topic: str, thing: dict[str, Any], store: str) -> PersonBuilder:
    person = PersonBuilder("")
    is_customer = topic.startswith("customer.")
    customer = thing if is_customer else as_object(thing.get("customer"))
    person.add_identifier("user_id", as_object(thing.get("custom_data")).get("user_id"))
    person.add_identifier("customer", customer.get("id") or thing.get("customer_id"), store)
    person.add_contact(customer)
    return person


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Paddle",
    page=__doc__,
    secret=ProviderSecret(question="The destination's secret key (pdl_ntfset_…)"),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
