"""Payments of a Square account, at the till and online, with refunds, customers, invoices, orders and stock.

In the Square Developer Console, open (or make) an application, go to Webhooks → Subscriptions and add one with the URL
that `regulars connect square` printed; paste it exactly, since Square signs the URL with the body. Choose these events:

* `payment.created`, `payment.updated`: the sales, at the till and online, and what was given back,
* `refund.created`, `refund.updated`: each refund by itself, also one that fails,
* `customer.created`, `customer.updated`, `customer.deleted`: who buys,
* `order.created`, `order.updated`, `order.fulfillment.updated`, `invoice.created`, `invoice.payment_made`,
* `subscription.created`, `subscription.updated`, `inventory.count.updated`, `catalog.version.updated`.

Then show the subscription's Signature Key and give it to `regulars connect`. Square retries for a day; its old
SHA-1 signature is refused.

A sale is one order, whose id is the payment's: order events hold nothing but ids, and a refund names the payment. Two
cards for one bill are two payments and so two orders. A payment is counted when its status is COMPLETED; APPROVED is
told as pending, CANCELED and FAILED as failed. A sale with Square Point of Sale is told as In-Store Sale besides.

If a shop that is connected, too, is paid through this account, add `--set orders=elsewhere` to `regulars connect`: the
shop tells the orders, and each is counted once. The payments are kept all the same.

What is stored: ids, amounts, currency, status, source (card, cash …) and location; the customer id, e-mail address,
phone and name beside them. Whoever pays at the till without a customer record is nobody. A customer who unsubscribed
from e-mail is kept as having denied it. Cards, addresses, birthdays and notes are not read. What the sandbox sends is
kept and never counted.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from regulars.channels.contract import Channel, Draft, ProviderSecret, Request
from regulars.channels.drafts.sales import Telling, required, said_at, unknown_topic
from regulars.channels.fields.json_values import ObjectReader, an_object
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
        raise unknown_topic()
    data = an_object(event.get("data"))
    # The object stands under its own name (`payment`, `order_created`, …), alone.
    thing = next(map(an_object, an_object(data.get("object")).values()), {})
    product = an_object(thing.get("application_details")).get("square_product")
    telling = Telling(
        request,
        CHANNEL_NAME,
        "pos" if product == _TILL else "shop",
        said_at(event.get("created_at")),
        test=request.headers.get("square-environment", "").lower() == "sandbox",
    )
    notice = Notice(
        telling,
        str(type_),
        required(event.get("event_id"), "event_id"),
        an_object(data.get("object")) if type_ == "inventory.count.updated" else thing,
        product == _TILL,
        person_of(str(type_), thing, telling.store, request.default_country),
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
