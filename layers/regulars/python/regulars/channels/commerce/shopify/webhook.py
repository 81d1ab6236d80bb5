"""Receive orders, refunds, payments, customers, checkouts, carts, products and stock of a Shopify shop.

**Set up**

1. Run `regulars connect shopify`. It prints the URL and then asks for the signing secret.
2. In Shopify, go to Settings → Notifications → Webhooks and click Create webhook.
3. Choose an event, the format JSON and the newest API version. Paste the URL and save. Repeat for each event below.
4. Copy the signing secret below the list ("Your webhooks will be signed with …") and enter it in
   `regulars connect shopify`.

To use an app of your own instead, set the URL as its webhook subscription and enter the client secret of the app.

**Rotate the secret**: Run `regulars sources rotate shopify`. Two secrets are valid at the same time, because Shopify
can still sign with the previous secret right after a change.

**Topics**

* `orders/create` → Order Created. A point-of-sale order also produces In-Store Sale.
* `orders/paid` → Order Completed
* `orders/updated`, `orders/edited` → Order Updated
* `orders/fulfilled`, `orders/partially_fulfilled`, `fulfillments/create` → Order Fulfilled
* `fulfillments/update` → Fulfillment Updated
* `orders/cancelled` → Order Cancelled
* `refunds/create` → Order Refunded
* `order_transactions/create` → Payment Succeeded, Payment Authorized, Payment Pending, Payment Failed or Payment
  Refunded
* `customers/create` → Customer Created
* `customers/update`, `customers/enable`, `customers/disable` → Customer Updated
* `customers/delete` → Customer Deleted
* `customers_marketing_consent/update`, `customers_email_marketing_consent/update` → Marketing Consent Changed
* `checkouts/create`, `checkouts/update` → Checkout Started, Checkout Updated
* `carts/create`, `carts/update` → Cart Updated
* `products/create`, `products/update` → Product Created, Product Updated
* `inventory_levels/update` → Inventory Updated
* `customers/data_request` → Customer Data Requested
* `customers/redact`, `shop/redact` → Customer Deletion Requested
* Any other topic → a reject with the reason `unknown_topic`

Do not omit `orders/updated`. The amounts of an order, its refunds and its cancellation are read from the order
itself, in the currency of the shop, even if the buyer paid in another currency.

**Stored**

* Products, quantities, amounts, status, coupon codes and the origin of the order.
* The country and the language of the buyer as traits, and marketing consent with its time.
* The customer ID as an identifier; name, e-mail address and phone number as contact data.

**Not stored**: addresses, notes, cart tokens, checkout tokens and card details.

**Privacy requests**

* The event contains the topic, the request number and the order IDs, and no contact data. `shop/redact` names no
  person.
* Shopify sends the privacy topics to apps only. An app declares their URL in its configuration. Without an app, your
  customers send their requests to you directly.
* You have 30 days to fulfil a request. `regulars privacy requests` lists them, and `regulars privacy export` writes out the
  data of a person.

**Reconciliation**

Shopify waits five seconds for a response, tries a delivery eight times within four hours, and removes the webhook
subscription after eight consecutive failures. To recover missed deliveries, let Regulars fetch changed orders and
customers every hour:

1. In the Dev Dashboard, create an app of your own with the scopes `read_orders` and `read_customers`, and install it
   in the shop.
2. Enter its client ID, its client secret and the `myshopify.com` domain of the shop in `regulars connect shopify`.
   The Admin API access token of an older custom app also works.

Only orders and customers are fetched. All other topics arrive by webhook only. On plans that do not show names and
addresses to apps, a fetched order identifies the buyer by the customer ID alone.

**Notes**

* Persons: the payloads of `refunds/create` and `orders/edited` contain no customer. Their events are not assigned to
  a person. A point-of-sale order without a customer is not assigned to a person either.
* Tracking SDK: if your storefront also sends Order Completed through a tracking SDK, omit its `order_id`. The shop
  counts the order, and the SDK event records the visit. With an `order_id`, the SDK event is a second order that
  belongs to the storefront.
* Test mode: test orders are stored and never counted.
* Duplicates: Shopify does not sign its delivery IDs. The topic and the exact body identify a delivery. The content
  identifies `orders/updated` and `customers/update`, so a change that is also fetched is stored once.
"""

import json
from collections.abc import Sequence
from datetime import datetime

import msgspec

from regulars.channels.commerce.shopify.customers import build_person
from regulars.channels.commerce.shopify.delivery import (
    CHANNEL_NAME,
    find_shop,
    normalize_domain,
    read_header,
    read_resource,
)
from regulars.channels.commerce.shopify.privacy_requests import build_privacy_draft
from regulars.channels.commerce.shopify.resource_event import build_event, build_in_store_event
from regulars.channels.commerce.shopify.topics import PRIVACY_TOPICS, STATE_TOPICS, TOPICS
from regulars.channels.contract import (
    Channel,
    ConfigField,
    CredentialField,
    Draft,
    ProviderSecret,
    Request,
    UnknownTopicError,
)
from regulars.channels.drafts.state_ids import set_state_id
from regulars.channels.fields.event_times import format_first_time
from regulars.channels.fields.redaction import clean_text
from regulars.channels.signatures.shared_secret import check_equal, hmac_base64
from regulars.domain.times import to_text


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (the signature carries no time)
    """Verify an HMAC-SHA256 over the raw bytes with any live secret.

    https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
    """
    signature = read_header(request, "hmac-sha256")
    check_equal(signature, [hmac_base64(secret.encode(), request.body) for secret in secrets])


def translate_delivery(request: Request) -> list[Draft]:
    """Return the events of one delivery; raise UnknownTopicError for a topic that is not in TOPICS."""
    topic = read_header(request, "topic")
    if topic not in TOPICS:
        raise UnknownTopicError
    kind, body = read_resource(request, topic)
    if topic == "checkouts/update" and body.get("completed_at"):
        return []  # the topics of the order report the rest
    person = build_person(kind, body, find_shop(request), request.default_country)
    event = build_event(request, topic, kind, body)
    if topic in PRIVACY_TOPICS:
        return [build_privacy_draft(event, topic, body, person)]
    draft = Draft(event, person.identifiers, person.contact)
    if topic in STATE_TOPICS:
        changed_at = format_first_time(body.get("updated_at"))
        names = (CHANNEL_NAME, find_shop(request), topic, clean_text(body.get("id")))
        return [set_state_id(draft, changed_at, *names)]
    if topic == "orders/create" and event.channel == "pos":
        return [draft, Draft(build_in_store_event(request, event), person.identifiers)]
    return [draft]


def build_sample(blank: Request, secret: str) -> Request:
    """Return a signed test order without a person."""
    now = to_text(blank.received_at)
    order = {"id": 1, "test": True, "created_at": now, "updated_at": now, "total_price": "1.00"}
    body = json.dumps(order | {"currency": "EUR"}).encode()
    headers = {
        "content-type": "application/json",
        "x-shopify-topic": "orders/create",
        "x-shopify-hmac-sha256": hmac_base64(secret.encode(), body).decode(),
    }
    return msgspec.structs.replace(blank, body=body, headers=headers)


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Shopify",
    page=__doc__,
    secret=ProviderSecret(
        question="The secret below the list of webhooks, or the client secret of the app"
    ),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
    config_fields={
        "shop": ConfigField(
            question="The domain of the shop, such as my-shop.myshopify.com",
            is_optional=True,
            normalize=normalize_domain,
        )
    },
    credential_fields={
        "client_id": CredentialField(
            question="The client ID of the app, to fetch changes that webhooks missed",
            is_optional=True,
        ),
        "client_secret": CredentialField(question="The client secret of the app", is_optional=True),
        "access_token": CredentialField(
            question="Instead of both, the Admin API access token of an older custom app, shpat_…",
            is_optional=True,
        ),
    },
)
