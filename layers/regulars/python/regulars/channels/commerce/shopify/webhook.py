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
* `customers/redact`, `customers/data_request`, `shop/redact` → Customer Deletion Requested
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
* You have 30 days to fulfil a request.

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

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.commerce.shopify.customers import build_consents, build_person, read_traits
from regulars.channels.commerce.shopify.orders import (
    build_items,
    build_order,
    find_currency,
    read_payment,
)
from regulars.channels.commerce.shopify.topics import (
    IN_STORE_SALE,
    PRIVACY_TOPICS,
    STATE_TOPICS,
    TOPICS,
    find_event_type,
)
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
from regulars.channels.fields.event_times import (
    EventTimes,
    format_first_time,
    parse_time,
    resolve_event_times,
)
from regulars.channels.fields.json_values import ObjectReader, as_list, as_object, list_objects
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text, clean_url
from regulars.channels.signatures.shared_secret import check_equal, hmac_base64
from regulars.domain.events import Event, event_id
from regulars.domain.times import to_text

CHANNEL_NAME = "shopify"
# The stored properties. Tokens are never stored, because they open a cart or the page of an order.
_STORED_FIELDS = (
    "cancel_reason",
    "checkout_id",
    "financial_status",
    "fulfillment_status",
    "gateway",
    "handle",
    "inventory_item_id",
    "location_id",
    "order_id",
    "product_type",
    "source_name",
    "status",
    "vendor",
)
# All fields that this module, `orders` and `customers` read.
_READER = ObjectReader(
    (
        *_STORED_FIELDS,
        *("id", "title", "variants", "line_items", "refund_line_items", "currency"),
        *("created_at", "updated_at", "processed_at", "cancelled_at", "test", "transactions"),
        *(
            "total_price",
            "total_price_set",
            "current_total_price",
            "refunds",
            "discount_codes",
            "landing_site",
        ),
        *("customer", "customer_id", "customer_locale", "note_attributes", "billing_address"),
        *("email", "contact_email", "phone", "first_name", "last_name", "default_address"),
        *("email_marketing_consent", "sms_marketing_consent", "email_address", "completed_at"),
        *("amount", "kind", "available"),
        *("data_request", "orders_requested", "orders_to_redact"),
        "order_edit",
    )
)
MAX_PRIVACY_ORDERS = 250  # of one privacy request
_DOMAIN_PATTERN = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")


def normalize_domain(answer: str) -> str:
    """Return a shop's domain as deliveries write it, also for its handle or URL; raise ValueError for anything else."""
    domain = answer.strip().lower().removeprefix("https://").rstrip("/")
    if not _DOMAIN_PATTERN.fullmatch(domain):
        raise ValueError
    return domain if "." in domain else f"{domain}.myshopify.com"


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (the signature carries no time)
    """Verify an HMAC-SHA256 over the raw bytes with any live secret.

    https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
    """
    signature = _read_header(request, "hmac-sha256")
    check_equal(signature, [hmac_base64(secret.encode(), request.body) for secret in secrets])


def translate_delivery(request: Request) -> list[Draft]:
    """Return the events of one delivery; raise UnknownTopicError for a topic that is not in TOPICS."""
    topic = _read_header(request, "topic")
    if topic not in TOPICS:
        raise UnknownTopicError
    kind, body = _read_resource(request, topic)
    if topic == "checkouts/update" and body.get("completed_at"):
        return []  # the topics of the order report the rest
    person = build_person(kind, body, _find_shop(request), request.default_country)
    event = _build_event(request, topic, kind, body)
    if topic in PRIVACY_TOPICS:
        return [_build_privacy_draft(event, topic, body, person)]
    draft = Draft(event, person.identifiers, person.contact)
    if topic in STATE_TOPICS:
        changed_at = format_first_time(body.get("updated_at"))
        names = (CHANNEL_NAME, _find_shop(request), topic, clean_text(body.get("id")))
        return [set_state_id(draft, changed_at, *names)]
    if topic == "orders/create" and event.channel == "pos":
        return [draft, Draft(_build_in_store_event(request, event), person.identifiers)]
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


def _read_resource(request: Request, topic: str) -> tuple[str, dict[str, Any]]:
    """Return the kind and the resource. An edit contains only the id of the order; orders/updated has its money."""
    body = _READER.read(request.body)
    edit = as_object(body.get("order_edit"))
    return ("order_edits", edit) if edit else (topic.partition("/")[0], body)


def _build_event(request: Request, topic: str, kind: str, body: dict[str, Any]) -> Event:
    shop = _find_shop(request)
    times = _resolve_times(request, topic, body)
    currency = find_currency(body, request.default_currency)
    return Event(
        id=event_id(CHANNEL_NAME, shop, topic, _hash_content(request)),
        type=find_event_type(topic, body),
        channel="pos" if body.get("source_name") == "pos" else "shop",
        source=f"{CHANNEL_NAME}/{request.source}",
        occurred_at=times.occurred_at,
        received_at=to_text(request.received_at),
        items=build_items(kind, body, currency),
        currency=currency,
        order=build_order(kind, body, f"{CHANNEL_NAME}/{shop}", currency),
        consents=build_consents(kind, body),
        traits=read_traits(kind, body),
        properties=_build_properties(topic, body, currency),
        clock_skewed=times.clock_skewed,
        backfill=times.backfill,
        test=_is_test(request, body),
    )


def _build_privacy_draft(
    event: Event, topic: str, body: dict[str, Any], person: PersonBuilder
) -> Draft:
    """Return a privacy request with subject keys and order ids only, so that it stores no contact data again."""
    orders = [clean_text(id_) for id_ in as_list(body.get("orders_to_redact"))]
    orders += [clean_text(id_) for id_ in as_list(body.get("orders_requested"))]
    data_request_id = clean_text(as_object(body.get("data_request")).get("id"))
    values = {
        "request": topic,
        "data_request_id": data_request_id,
        "orders": orders[:MAX_PRIVACY_ORDERS],
    }
    properties = {name: value for name, value in values.items() if value}
    bare_event = msgspec.structs.replace(event, consents=(), traits={}, properties=properties)
    return Draft(bare_event, person.identifiers)


def _build_in_store_event(request: Request, event: Event) -> Event:
    """Return the sale at the till, which refers to its order and does not count it again."""
    id_ = event_id(CHANNEL_NAME, _find_shop(request), IN_STORE_SALE, _hash_content(request))
    order = {"order_id": event.order.key.rpartition("/")[2]} if event.order else {}
    return msgspec.structs.replace(
        event,
        id=id_,
        type=IN_STORE_SALE,
        items=(),
        order=None,
        consents=(),
        properties=event.properties | order,
    )


def _resolve_times(request: Request, topic: str, body: dict[str, Any]) -> EventTimes:
    """Return when the event happened, by the body; by the unsigned header only if the body has no time."""
    fields = (TOPICS[topic][1], "updated_at", "created_at")
    time = next((value for value in map(body.get, fields) if value), None)
    time = (
        time
        or format_first_time(_read_header(request, "triggered-at"))
        or to_text(request.received_at)
    )
    return resolve_event_times(parse_time(time), request.received_at)


def _build_properties(topic: str, body: dict[str, Any], currency: str) -> dict[str, Any]:
    properties: dict[str, Any] = _read_texts(topic, body)
    if topic == "orders/partially_fulfilled":
        properties["partial"] = True
    available = body.get("available")
    if isinstance(available, int):
        properties["available"] = available
    return properties | read_payment(topic, body, currency)


def _read_texts(topic: str, body: dict[str, Any]) -> dict[str, str]:
    texts = {name: clean_text(body.get(name)) for name in _STORED_FIELDS}
    codes = [clean_text(code.get("code")) for code in list_objects(body.get("discount_codes"))]
    texts["coupon"] = ",".join(codes[:5])
    if topic.startswith("checkouts/"):
        # The order refers to its checkout by this id.
        texts["checkout_id"] = clean_text(body.get("id"))
    landing_site = body.get("landing_site")
    texts["landing_site"] = (
        clean_text(clean_url(landing_site)) if isinstance(landing_site, str) else ""
    )
    return {name: text for name, text in texts.items() if text}


def _is_test(request: Request, body: dict[str, Any]) -> bool:
    """Return whether the sender is in test mode: a test order, or a refund through a test gateway."""
    payments = [payment.get("test") is True for payment in list_objects(body.get("transactions"))]
    is_flagged = body.get("test") is True or _read_header(request, "test") == "true"
    return is_flagged or (bool(payments) and all(payments))


def _find_shop(request: Request) -> str:
    """Return the shop's domain, which scopes its ids: from the config, else the delivery, else the name of the source."""
    shop = request.config.get("shop") or _read_header(request, "shop-domain")
    domain = shop.strip().lower() if isinstance(shop, str) else ""
    return domain if _DOMAIN_PATTERN.fullmatch(domain) else request.source


def _hash_content(request: Request) -> str:
    """Return what identifies a delivery: a hash of its signed bytes, not the unsigned ids in its headers."""
    return hashlib.sha256(request.body).hexdigest()


def _read_header(request: Request, name: str) -> str:
    """Return a Shopify header: `X-Shopify-…`, or `Shopify-…` as in newer deliveries."""
    headers = request.headers
    return headers.get(f"x-shopify-{name}") or headers.get(f"shopify-{name}") or ""


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
