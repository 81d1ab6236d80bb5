"""Receive payments, refunds, customers, invoices, orders and stock of a Square account, online and at the till.

**Set up**

1. Run `regulars connect square`. It prints the URL and then asks for the signature key.
2. In the Square Developer Console, open or create an application. Go to Webhooks → Subscriptions and add a
   subscription with this URL. Paste it exactly as printed, because Square signs the URL with the body.
3. Select the events listed below.
4. Show the Signature Key of the subscription and enter it in `regulars connect square`.

**Events**

* `payment.created`, `payment.updated` → Payment Succeeded (`COMPLETED`), Payment Pending (`APPROVED`) or Payment
  Failed (`CANCELED`, `FAILED`). They report sales online and at the till, and the amount refunded. A sale with Square
  Point of Sale also produces In-Store Sale.
* `refund.created`, `refund.updated` → Payment Refunded or Refund Failed, for each single refund
* `customer.created`, `customer.updated`, `customer.deleted` → Customer Created, Customer Updated, Customer Deleted
* `order.created` → Order Created
* `order.updated`, `order.fulfillment.updated` → Order Updated
* `invoice.created`, `invoice.payment_made` → Invoice Created, Invoice Paid
* `subscription.created`, `subscription.updated` → Subscription Started, Subscription Updated
* `inventory.count.updated` → Inventory Updated
* `catalog.version.updated` → Product Updated
* Any other event → a reject with the reason `unknown_topic`

**Stored**

* The payment: IDs, amounts, currency, status, source (card, cash, …) and location.
* The customer ID as an identifier; e-mail address, phone number and name as contact data.
* Withdrawn consent, if a customer unsubscribed from e-mail.

**Not stored**: cards, addresses, birthdays and notes.

**Notes**

* Orders: a sale is one order with the ID of its payment, because order events contain only IDs and refunds refer to
  the payment. A bill paid with two cards is two payments and therefore two orders. A payment counts as soon as its
  status is `COMPLETED`.
* Persons: a payment at the till without a customer record is not assigned to a person.
* Connected shop: if a connected shop takes its payments through this account, add `--set orders=elsewhere` to
  `regulars connect`. The shop then reports the orders, and each order counts once. Payments are still stored.
* Signature: the old SHA-1 signature of Square is rejected.
* Retries: Square retries a delivery for one day.
* Test mode: deliveries of the sandbox are stored and never counted.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from regulars.channels.contract import Channel, Draft, ProviderSecret, Request, UnknownTopicError
from regulars.channels.drafts.sales import EventBuilder
from regulars.channels.fields.event_times import parse_first_time
from regulars.channels.fields.json_values import ObjectReader, as_object
from regulars.channels.fields.texts import require_id
from regulars.channels.payments.square import (
    records as square_records,
)
from regulars.channels.payments.square import (
    sales as square_sales,
)
from regulars.channels.payments.square.records import Notice, person_of
from regulars.channels.signatures.shared_secret import check_equal, hmac_base64
from regulars.domain.times import to_text

CHANNEL_NAME = "square"
# Type → what tells it.
TOPICS: dict[str, Callable[[Notice], list[Draft]]] = {
    "payment.created": square_sales.payment,
    "payment.updated": square_sales.payment,
    "refund.created": square_sales.refund,
    "refund.updated": square_sales.refund,
    "customer.created": square_records.customer,
    "customer.updated": square_records.customer,
    "customer.deleted": square_records.customer,
    "inventory.count.updated": square_records.inventory,
    "order.created": square_records.recorded,
    "order.updated": square_records.recorded,
    "order.fulfillment.updated": square_records.recorded,
    "invoice.created": square_records.recorded,
    "invoice.payment_made": square_records.recorded,
    "subscription.created": square_records.recorded,
    "subscription.updated": square_records.recorded,
    "catalog.version.updated": square_records.recorded,
}
_READER = ObjectReader(("type", "event_id", "created_at", "data"))
_TILL = "SQUARE_POS"


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (it carries no time)
    """HMAC-SHA256 over the notification URL, as it was typed in at Square, and the raw body.

    https://developer.squareup.com/docs/webhooks/step3validate
    """
    given = request.headers.get("x-square-hmacsha256-signature", "")
    message = _message(request)
    check_equal(given, [hmac_base64(secret.encode(), message) for secret in secrets])


def translate_delivery(request: Request) -> list[Draft]:
    """What one event tells; InvalidEventError(unknown_topic) for a type we make nothing of."""
    event = _READER.read(request.body)
    type_ = event.get("type")
    told = TOPICS.get(type_) if isinstance(type_, str) else None
    if told is None:
        raise UnknownTopicError
    data = as_object(event.get("data"))
    # The object stands under its own name (`payment`, `order_created`, …), alone.
    thing = next(map(as_object, as_object(data.get("object")).values()), {})
    product = as_object(thing.get("application_details")).get("square_product")
    builder = EventBuilder(
        request,
        CHANNEL_NAME,
        "pos" if product == _TILL else "shop",
        reported_at=parse_first_time(event.get("created_at")),
        is_test=request.headers.get("square-environment", "").lower() == "sandbox",
    )
    notice = Notice(
        builder,
        str(type_),
        require_id(event.get("event_id"), "event_id"),
        as_object(data.get("object")) if type_ == "inventory.count.updated" else thing,
        product == _TILL,
        person_of(str(type_), thing, builder.store, request.default_country),
    )
    return told(notice)


def build_sample(blank: Request, secret: str) -> Request:
    """An order of nobody, from the sandbox."""
    now = to_text(blank.received_at)
    event = {"type": "order.created", "event_id": f"sample-{now}", "created_at": now, "data": {}}
    request = msgspec.structs.replace(blank, body=json.dumps(event).encode())
    signature = hmac_base64(secret.encode(), _message(request)).decode()
    headers = {"square-environment": "Sandbox", "x-square-hmacsha256-signature": signature}
    return msgspec.structs.replace(request, headers=headers)


def _message(request: Request) -> bytes:
    """What is signed: the URL that Square was given, and the body."""
    said = request.config.get("notification_url")
    url = said if isinstance(said, str) and said else request.url
    return url.encode() + request.body


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Square",
    page=__doc__,
    secret=ProviderSecret(question="The subscription's signature key"),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
