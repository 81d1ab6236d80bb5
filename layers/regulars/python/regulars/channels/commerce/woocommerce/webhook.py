"""Receive orders, customers, products and coupons of a WooCommerce shop.

**Set up**

1. Run `regulars connect woocommerce`. It generates a secret and prints the delivery URL and the secret.
2. In WordPress, go to WooCommerce → Settings → Advanced → Webhooks.
3. Add one webhook for each topic below, all with the same delivery URL and the same secret.
4. Choose the API version WP REST API Integration v3 and the status Active, then save. Saving sends an unsigned ping.
   Regulars answers it and stores nothing.

**Rotate the secret**: Run `regulars sources rotate woocommerce` and paste the new secret in each webhook. The
previous secret stays valid until the next rotation.

**Topics**

* Order created → Order Created
* Order updated, Order restored → Order Updated
* Order deleted → Order Deleted
* Customer created, Customer updated, Customer deleted → Customer Created, Customer Updated, Customer Deleted
* Product created → Product Created
* Product updated → Product Updated. With managed stock, also Inventory Updated.
* Coupon created → Coupon Created
* Any other topic → a reject with the reason `unknown_topic`

An update that pays, fulfils, cancels or refunds an order also produces Order Completed, Order Fulfilled, Order
Cancelled or Order Refunded. Each is reported once.

**Stored**

* The order: number, status, total, refunds, currency, payment method, coupon codes and items.
* The customer number as an identifier; e-mail address, phone number and name as contact data. A guest is identified
  by e-mail address and phone number only.

**Not stored**: notes, addresses, IP addresses and order keys, which open the page of an order.

**Reconciliation**

WooCommerce does not retry a delivery, and it disables a webhook after more than five failures. Check the list of
webhooks after an outage. To recover missed deliveries, let Regulars fetch changes every hour:

1. Go to WooCommerce → Settings → Advanced → REST API and add a key with the permission Read.
2. Enter its consumer key, its consumer secret and the address of the shop in `regulars connect woocommerce`.

Orders are fetched when they change, customers when they register. Products and coupons arrive by webhook only.

**Notes**

* Unpaid orders: an order with the status `pending` is stored and not counted, as in the reports of WooCommerce. An
  order that waits for a bank transfer (`on-hold`) counts as placed.
* Trash: a deleted order contains only its number and stays counted. Cancel or refund an order before you delete it.
* Tracking SDK: if your storefront also sends Order Completed through a tracking SDK, omit its `order_id`. The shop
  counts the order, and the SDK event records the visit. With an `order_id`, the SDK event is a second order that
  belongs to the storefront.
* Duplicates: the delivery ID of WooCommerce is not signed, and it consists of the webhook and the second, so two
  deliveries in one second share it. The content identifies a delivery. The number and the modification time identify
  an order. Of two changes within one second, the later status counts.
* Times: all times are read from the `_gmt` fields.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from regulars.channels.commerce.woocommerce.customers import build_person
from regulars.channels.commerce.woocommerce.delivery import (
    TOPICS,
    WooCommerceDelivery,
    build_topic_draft,
)
from regulars.channels.commerce.woocommerce.order_drafts import translate_order
from regulars.channels.commerce.woocommerce.products import translate_product
from regulars.channels.contract import (
    Channel,
    ConfigField,
    CredentialField,
    Draft,
    GeneratedSecret,
    Reply,
    Request,
    UnknownTopicError,
)
from regulars.channels.drafts.sales import EventBuilder
from regulars.channels.fields.event_times import parse_first_time
from regulars.channels.fields.json_values import ObjectReader
from regulars.channels.fields.redaction import clean_text
from regulars.channels.fields.texts import select_texts
from regulars.channels.signatures.shared_secret import check_equal, hmac_base64
from regulars.domain.times import to_text

CHANNEL_NAME = "woocommerce"
_PING_BODY = re.compile(rb"webhook_id=[0-9]{1,20}")
_READER = ObjectReader(
    (
        *("id", "status", "currency", "total", "customer_id", "billing", "line_items", "refunds"),
        *("date_created", "date_created_gmt", "date_modified", "date_modified_gmt"),
        *(
            "date_paid",
            "date_paid_gmt",
            "date_completed_gmt",
            "created_via",
            "payment_method",
            "coupon_lines",
        ),
        *("email", "first_name", "last_name", "name", "price", "sku", "type", "discount_type"),
        *("manage_stock", "stock_quantity", "stock_status", "categories"),
    )
)


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (the signature carries no time)
    """Verify an HMAC-SHA256 over the raw bytes with the webhook's secret.

    https://github.com/woocommerce/woocommerce/blob/trunk/plugins/woocommerce/includes/class-wc-webhook.php
    """
    signature = request.headers.get("x-wc-webhook-signature", "")
    check_equal(signature, [hmac_base64(secret.encode(), request.body) for secret in secrets])


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:  # noqa: ARG001
    """Answer the ping of a saved webhook: an unsigned form that contains only the webhook's number."""
    is_signed = "x-wc-webhook-signature" in request.headers
    return Reply() if _PING_BODY.fullmatch(request.body) and not is_signed else None


def translate_delivery(request: Request) -> list[Draft]:
    """Return the event of the topic, and those that the status of an order implies."""
    topic = request.headers.get("x-wc-webhook-topic", "")
    if topic not in TOPICS:
        raise UnknownTopicError
    body = _READER.read(request.body)
    field = TOPICS[topic][1]
    reported_at = parse_first_time(
        *(body.get(name) for name in (f"{field}_gmt", field, "date_created_gmt"))
    )
    created_via = clean_text(body.get("created_via"))
    builder = EventBuilder(
        request,
        CHANNEL_NAME,
        "pos" if created_via.startswith("pos") else "shop",
        reported_at=reported_at,
    )
    delivery = WooCommerceDelivery(
        builder=builder,
        topic=topic,
        body=body,
        content_hash=hashlib.sha256(request.body).hexdigest(),
        default_currency=request.default_currency,
        person=build_person(topic, body, builder.store, request.default_country),
    )
    if topic in {"order.created", "order.updated", "order.restored"}:
        return translate_order(delivery)
    if topic.startswith("product."):
        return translate_product(delivery)
    kind = topic.partition(".")[0]
    properties = select_texts(body, "discount_type")
    if kind != "customer":
        properties[f"{kind}_id"] = clean_text(body.get("id"))
    return [build_topic_draft(delivery, properties=properties)]


def build_sample(blank: Request, secret: str) -> Request:
    """Return a coupon without a person."""
    body = json.dumps({"id": 0, "date_created_gmt": to_text(blank.received_at)}).encode()
    signature = hmac_base64(secret.encode(), body).decode()
    headers = {"x-wc-webhook-topic": "coupon.created", "x-wc-webhook-signature": signature}
    return msgspec.structs.replace(blank, body=body, headers=headers)


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="WooCommerce",
    page=__doc__,
    secret=GeneratedSecret(),
    verify=verify_delivery,
    translate=translate_delivery,
    answer_handshake=answer_handshake,
    build_sample=build_sample,
    config_fields={
        "site": ConfigField(
            question="The address of the shop, such as https://shop.example.com", is_optional=True
        )
    },
    credential_fields={
        "consumer_key": CredentialField(
            question="The consumer key (ck_…), to fetch changes that webhooks missed",
            is_optional=True,
        ),
        "consumer_secret": CredentialField(question="The consumer secret (cs_…)", is_optional=True),
    },
)
