"""Receive sales, refunds, disputes, cancellations and ended subscriptions of a Gumroad seller.

**Set up**

1. Run `regulars connect gumroad`. It generates a token and prints the URL, which ends with `?token=…`.
2. In Gumroad, go to Settings → Advanced → Ping and paste the URL with its token. This Ping sends sales only.
3. For refunds, disputes, cancellations and ended subscriptions, create an application under Settings → Advanced →
   Applications. Use the Gumroad API (`PUT /v2/resource_subscriptions`) to subscribe the same URL to `refund`,
   `dispute`, `cancellation` and `subscription_ended`.

Gumroad does not sign its pings. The token in the URL is the only proof of origin, so treat the URL as a password.

**Rotate the token**: Run `regulars sources rotate gumroad` and paste the new URL in Gumroad. The previous token stays
valid until the next rotation.

**Events**

* `sale` → Order Completed
* `refund` → Order Refunded
* `dispute` → Dispute Opened
* `cancellation` → Subscription Cancelled
* `subscription_ended` → Subscription Ended
* Any other resource → a reject with the reason `unknown_topic`

**Stored**

* The sale: IDs, price, quantity, product, offer code, recurrence and referrer.
* The buyer: purchaser ID as an identifier; e-mail address and name as contact data.
* `can_contact` as the e-mail consent of the buyer, granted or denied. A renewal does not grant consent again.

**Not stored**: addresses, cards, licence keys, the IP country of the buyer, and answers to your custom questions.

**Notes**

* Currency: the price of a ping is in US cents, whatever currency the product is sold in.
* Refunds: a full refund is subtracted. A partial refund is not, because the ping does not contain its amount.
* Preorders: a preorder counts as placed until it is charged.
* Gifts: a gift counts for the person who paid, not for the recipient.
* Test mode: a purchase of your own product is a test. It is stored and never counted.
* Retries: Gumroad retries only after a server error, three times within 15 minutes.
* Duplicates: the sale ID identifies a sale, so a repeated ping counts once.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from regulars.channels.contract import Channel, Draft, GeneratedSecret, Request, UnknownTopicError
from regulars.channels.drafts.sales import EventBuilder
from regulars.channels.fields.event_times import parse_first_time
from regulars.channels.fields.form_body import parse_form_fields
from regulars.channels.fields.items import build_item
from regulars.channels.fields.json_values import as_object, parse_json
from regulars.channels.fields.money import parse_minor_units
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text, clean_url
from regulars.channels.fields.texts import require_id, select_texts
from regulars.channels.signatures.shared_secret import check_token
from regulars.domain.events import ConsentChange, OrderFact
from regulars.domain.times import to_text

CHANNEL_NAME = "gumroad"
URL_PARAMETER = "token"
CURRENCY = "USD"
# Resource → the event's type, and the field with its time.
TOPICS = {
    "sale": ("Order Completed", "sale_timestamp"),
    "refund": ("Order Refunded", ""),
    "dispute": ("Dispute Opened", ""),
    "cancellation": ("Subscription Cancelled", "cancelled_at"),
    "subscription_ended": ("Subscription Ended", "ended_at"),
}
_STORED_FIELDS = (
    *("order_number", "offer_code", "recurrence", "subscription_id", "is_recurring_charge"),
    "short_product_id",
)
_TRUE_VALUES = (True, "true", "1")


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (nothing is signed)
    """Verify the token in the URL.

    https://gumroad.com/ping
    """
    check_token(request, secrets)


def translate_delivery(request: Request) -> list[Draft]:
    """Return the event of one ping; raise UnknownTopicError for a resource that is not in TOPICS."""
    ping = _read_ping(request)
    # The Ping of the settings reports sales only and may not name its resource.
    resource = ping.get("resource_name") or "sale"
    if not isinstance(resource, str) or resource not in TOPICS:
        raise UnknownTopicError
    type_, field = TOPICS[resource]
    reported_at = parse_first_time(ping.get(field)) if field else None
    builder = EventBuilder(
        request,
        CHANNEL_NAME,
        "shop",
        reported_at=reported_at,
        is_test=ping.get("test") in _TRUE_VALUES,
    )
    person = _build_person(ping, builder.store)
    # Without the id of a sale, as for a subscription, the content identifies the ping.
    key = clean_text(ping.get("sale_id")) or hashlib.sha256(request.body).hexdigest()
    facts = _build_facts(resource, ping, builder, to_text(request.received_at))
    return [builder.build_draft(type_, (resource, key), person, **facts)]


def build_sample(blank: Request, secret: str) -> Request:
    """Return a test purchase of the seller."""
    ping = {"sale_id": f"sample-{to_text(blank.received_at)}", "price": "0", "test": "true"}
    headers = {"content-type": "application/x-www-form-urlencoded"}
    body, query = urlencode(ping).encode(), urlencode({URL_PARAMETER: secret})
    return msgspec.structs.replace(
        blank, body=body, headers=headers, query={URL_PARAMETER: secret}, raw_query=query
    )


def _read_ping(request: Request) -> dict[str, Any]:
    if "json" in request.headers.get("content-type", ""):
        return as_object(parse_json(request.body))
    return {name: values[0] for name, values in parse_form_fields(request).items()}


def _build_facts(
    resource: str, ping: dict[str, Any], builder: EventBuilder, received_at: str
) -> dict[str, Any]:
    properties: dict[str, Any] = select_texts(ping, *_STORED_FIELDS)
    referrer = ping.get("referrer")
    if isinstance(referrer, str):
        properties |= select_texts({"referrer": clean_url(referrer)}, "referrer")
    facts: dict[str, Any] = {"properties": properties}
    if resource in {"sale", "refund"}:
        sale_id = require_id(ping.get("sale_id"), "sale_id")
        properties["amount"] = parse_minor_units(ping.get("price"))
        facts |= {
            "currency": CURRENCY,
            "order": _build_order(resource, ping, builder, sale_id, received_at),
        }
    if resource == "sale":
        item = build_item(
            ping.get("product_id"), ping.get("quantity"), name=ping.get("product_name")
        )
        facts["items"] = (item,) if item else ()
        facts["consents"] = _build_consents(ping, builder.occurred_at)
    return facts


def _build_order(
    resource: str, ping: dict[str, Any], builder: EventBuilder, sale_id: str, received_at: str
) -> OrderFact | None:
    key = f"{builder.store}/{sale_id}"
    if ping.get("is_gift_receiver_purchase") in _TRUE_VALUES:
        return None
    if resource == "refund":
        if ping.get("refunded") not in _TRUE_VALUES:
            return None
        return OrderFact(
            key=key, version=received_at, refunded=None, refund_id=sale_id, currency=CURRENCY
        )
    return OrderFact(
        key=key,
        version=builder.occurred_at,
        placed_at=builder.occurred_at,
        status="placed" if ping.get("is_preorder_authorization") in _TRUE_VALUES else "paid",
        total=parse_minor_units(ping.get("price")),
        currency=CURRENCY,
    )


def _build_consents(ping: dict[str, Any], at: str) -> tuple[ConsentChange, ...]:
    if ping.get("can_contact") in (None, ""):
        return ()
    status = "granted" if ping["can_contact"] in _TRUE_VALUES else "denied"
    if status == "granted" and ping.get("is_recurring_charge") in _TRUE_VALUES:
        # A renewal asks nobody, so it does not override a denial since the first sale.
        return ()
    return (ConsentChange(channel="email", status=status, at=at, basis=CHANNEL_NAME),)


def _build_person(ping: dict[str, Any], store: str) -> PersonBuilder:
    person = PersonBuilder("")
    person.add_identifier("customer", ping.get("purchaser_id") or ping.get("user_id"), store)
    person.add_contact({"email": ping.get("email") or ping.get("user_email")})
    person.add_contact({"name": ping.get("full_name")})
    return person


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Gumroad",
    page=__doc__,
    secret=GeneratedSecret(url_parameter=URL_PARAMETER),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
