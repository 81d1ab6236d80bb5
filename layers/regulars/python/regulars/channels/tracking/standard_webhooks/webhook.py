"""Receive events from any sender of Standard Webhooks, such as your own backend, with a mapping that you configure.

**Set up**

1. Run `regulars connect standard-webhooks`. It prints the URL and then asks for the signing secret (`whsec_…`, or the
   public key `whpk_…` of a sender that signs with a key pair).
2. Configure the URL at the sender.
3. Map the event types and fields as described below, if they differ from the defaults.

Senders that use Svix are supported. The headers can be named `webhook-…` or `svix-…`.

**Rotate the secret**: Enter the new secret in `regulars sources rotate standard-webhooks`. The previous secret stays
valid until the next rotation.

**Events**

A type of the form `object.verb`, such as `customer.created`, `order.completed` or `checkout.started`, becomes the
event of that name and needs no mapping. `contact.…` and `user.…` are treated as `customer.…`. Map all other types in
the configuration of the source. Any type without a mapping is a reject with the reason `unknown_topic`.

    {"events": {"invoice.settled": "Order Completed", "member.left": "Unsubscribed"},
     "fields": {"email": "data.member.email", "order_id": "data.number", "total": "data.sum"},
     "properties": {"plan": "data.plan"},
     "channel": "payments", "store": "acme"}

* `events` maps a type to an event name.
* `fields` maps `email`, `phone`, `first_name`, `last_name`, `name`, `user_id`, `customer`, `anonymous_id`,
  `occurred_at`, `order_id`, `total`, `currency` and `status` to a path in the body. By default, the fields are read
  from `data` under these names.
* `properties` (optional) maps the name of a further stored property to a path in the body.
* `amounts`: an amount is a decimal number in the main unit of the currency (`"12.50"`). Set `"amounts": "minor"` if
  amounts are in cents.

Subscribed grants the consent to e-mail. Unsubscribed withdraws it.

**Stored**

* Type, time, the order if there is one, and the mapped `properties`, unless they are or look personal.
* E-mail address, phone number and name as contact data.

**Not stored**: all other fields of the body.

**Notes**

* Signature: a signature older than five minutes is rejected. A sender signs each attempt anew.
* Duplicates: the message ID is signed and is the same in all attempts, so they are stored as one event.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from regulars.channels.contract import Channel, ConfigField, Draft, ProviderSecret, Request
from regulars.channels.drafts import mail
from regulars.channels.fields.config_answers import build_json_field
from regulars.channels.fields.event_times import resolve_event_times
from regulars.channels.fields.json_values import as_object, parse_json
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.signatures.standard import (
    PUBLIC_KEY_PREFIX,
    build_standard_sample,
    read_header,
    verify_standard,
)
from regulars.channels.tracking.standard_webhooks.mapping import (
    CHANNEL_NAME,
    event_time,
    event_type,
    read_field,
    read_properties,
)
from regulars.channels.tracking.standard_webhooks.orders import parse_order
from regulars.domain.events import ConsentChange, Event, event_id
from regulars.domain.texts import replace_surrogates
from regulars.domain.times import to_text

_EVENT_CHANNELS = ("web", "shop", "pos", "payments", "email", "chat", "form", "booking")
_CONSENT_STATUSES = {
    mail.SUBSCRIBED_TYPE: "granted",
    mail.UNSUBSCRIBED_TYPE: "denied",
    mail.EMAIL_MARKED_AS_SPAM: "complained",
}
_CONTACT_FIELDS = ("email", "phone", "first_name", "last_name", "name")


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """Verify the signature over id, time and body.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    verify_standard(request, secrets, now)


def translate_delivery(request: Request) -> list[Draft]:
    """Return the event of one delivery, mapped by the config of the source."""
    body = as_object(parse_json(request.body))
    topic = body.get("type")
    type_ = event_type(request, topic)
    person = _read_person(request, type_, body)
    return [Draft(_build_event(request, type_, body), person.identifiers, person.contact)]


def build_sample(blank: Request, secret: str) -> Request | None:
    """Return a signed delivery with an unknown topic, which becomes a reject; None for a public key."""
    return None if secret.startswith(PUBLIC_KEY_PREFIX) else build_standard_sample(blank, secret)


def _read_person(request: Request, type_: str, body: dict[str, Any]) -> PersonBuilder:
    person = PersonBuilder(request.default_country)
    person.add_identifier("user_id", read_field(request, body, "user_id"))
    customer = read_field(request, body, "customer") or read_field(request, body, "customer_id")
    if customer is None and type_.startswith("Customer "):
        customer = as_object(body.get("data")).get("id")
    person.add_identifier("customer", customer, f"{CHANNEL_NAME}/{request.source}")
    person.add_contact({name: read_field(request, body, name) for name in _CONTACT_FIELDS})
    person.add_identifier("anonymous_id", read_field(request, body, "anonymous_id"))
    return person


def _build_event(request: Request, type_: str, body: dict[str, Any]) -> Event:
    times = resolve_event_times(event_time(request, body), request.received_at)
    status = _CONSENT_STATUSES.get(type_)
    consents = (
        (ConsentChange(channel="email", status=status, at=times.occurred_at, basis="webhook"),)
        if status
        else ()
    )
    channel = request.config.get("channel")
    order = parse_order(request, type_, body, times.occurred_at)
    return Event(
        # The id is signed. A body without an id is identified by its content.
        id=event_id(CHANNEL_NAME, request.source, replace_surrogates(_delivery_key(request))),
        type=type_,
        channel=channel if channel in _EVENT_CHANNELS else "web",
        source=f"{CHANNEL_NAME}/{request.source}",
        occurred_at=times.occurred_at,
        received_at=to_text(request.received_at),
        currency=order.currency if order else "",
        order=order,
        consents=consents,
        properties=read_properties(request, body),
        clock_skewed=times.clock_skewed,
        backfill=times.backfill,
    )


def _delivery_key(request: Request) -> str:
    return read_header(request, "id") or hashlib.sha256(request.body).hexdigest()


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Standard Webhooks",
    page=__doc__,
    secret=ProviderSecret(question="The sender's signing secret (whsec_… or whpk_…)"),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
    config_fields={
        "events": build_json_field(
            'Event names by event type, as JSON such as {"invoice.settled": "Order Completed"}'
        ),
        "fields": build_json_field(
            'Paths of fields, as JSON such as {"email": "data.member.email"}'
        ),
        "properties": build_json_field(
            'Paths of further properties to store, as JSON such as {"plan": "data.plan"}'
        ),
        "channel": ConfigField(
            question="The kind of channel, such as payments; the default is web", is_optional=True
        ),
        "store": ConfigField(
            question="The shop to which the order numbers belong; the default is the source itself",
            is_optional=True,
        ),
        "amounts": ConfigField(question="Enter minor if amounts are in cents", is_optional=True),
    },
)
