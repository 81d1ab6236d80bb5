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
from regulars.channels.payments.square import records as square_records
from regulars.channels.payments.square import sales as square_sales
from regulars.channels.payments.square.records import SquareEvent, build_person
from regulars.channels.signatures.shared_secret import check_equal, hmac_base64
from regulars.domain.times import to_text

CHANNEL_NAME = "square"
# Square event type → the function that translates it.
TOPICS: dict[str, Callable[[SquareEvent], list[Draft]]] = {
    "payment.created": square_sales.translate_payment,
    "payment.updated": square_sales.translate_payment,
    "refund.created": square_sales.translate_refund,
    "refund.updated": square_sales.translate_refund,
    "customer.created": square_records.translate_customer,
    "customer.updated": square_records.translate_customer,
    "customer.deleted": square_records.translate_customer,
    "inventory.count.updated": square_records.translate_inventory,
    "order.created": square_records.translate_record,
    "order.updated": square_records.translate_record,
    "order.fulfillment.updated": square_records.translate_record,
    "invoice.created": square_records.translate_record,
    "invoice.payment_made": square_records.translate_record,
    "subscription.created": square_records.translate_record,
    "subscription.updated": square_records.translate_record,
    "catalog.version.updated": square_records.translate_record,
}
_READER = ObjectReader(("type", "event_id", "created_at", "data"))
_POINT_OF_SALE = "SQUARE_POS"


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (the signature carries no time)
    """Verify an HMAC-SHA256 over the notification URL, exactly as it was entered at Square, and the raw body.

    https://developer.squareup.com/docs/webhooks/step3validate
    """
    signature = request.headers.get("x-square-hmacsha256-signature", "")
    message = _build_message(request)
    check_equal(signature, [hmac_base64(secret.encode(), message) for secret in secrets])


def translate_delivery(request: Request) -> list[Draft]:
    """Return the events of one Square event; raise UnknownTopicError for a type that is not in TOPICS."""
    payload = _READER.read(request.body)
    type_ = payload.get("type")
    translate = TOPICS.get(type_) if isinstance(type_, str) else None
    if translate is None:
        raise UnknownTopicError
    data = as_object(payload.get("data"))
    # The resource is the only value, under its own name (`payment`, `order_created`, …).
    resource = next(map(as_object, as_object(data.get("object")).values()), {})
    product = as_object(resource.get("application_details")).get("square_product")
    builder = EventBuilder(
        request,
        CHANNEL_NAME,
        "pos" if product == _POINT_OF_SALE else "shop",
        reported_at=parse_first_time(payload.get("created_at")),
        is_test=request.headers.get("square-environment", "").lower() == "sandbox",
    )
    event = SquareEvent(
        builder=builder,
        type=str(type_),
        id=require_id(payload.get("event_id"), "event_id"),
        resource=as_object(data.get("object")) if type_ == "inventory.count.updated" else resource,
        is_point_of_sale=product == _POINT_OF_SALE,
        person=build_person(str(type_), resource, builder.store, request.default_country),
    )
    return translate(event)


def build_sample(blank: Request, secret: str) -> Request:
    """Return an order without a person, from the sandbox."""
    now = to_text(blank.received_at)
    payload = {"type": "order.created", "event_id": f"sample-{now}", "created_at": now, "data": {}}
    request = msgspec.structs.replace(blank, body=json.dumps(payload).encode())
    signature = hmac_base64(secret.encode(), _build_message(request)).decode()
    headers = {"square-environment": "Sandbox", "x-square-hmacsha256-signature": signature}
    return msgspec.structs.replace(request, headers=headers)


def _build_message(request: Request) -> bytes:
    """Return what Square signs: the notification URL and the body."""
    notification_url = request.config.get("notification_url")
    url = (
        notification_url if isinstance(notification_url, str) and notification_url else request.url
    )
    return url.encode() + request.body


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Square",
    page=__doc__,
    secret=ProviderSecret(question="The signature key of the subscription"),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
