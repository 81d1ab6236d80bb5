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
from decimal import Decimal
from typing import Any

from regulars.channels.contract import (
    Channel,
    ConfigField,
    Draft,
    ProviderSecret,
    Request,
    UnknownTopicError,
)
from regulars.channels.drafts import mail
from regulars.channels.fields.config_answers import check_json_object
from regulars.channels.fields.event_times import (
    format_first_time,
    from_epoch,
    parse_time,
    resolve_event_times,
)
from regulars.channels.fields.json_values import as_object, parse_json, read_config_object
from regulars.channels.fields.money import parse_amount, parse_currency, parse_minor_units
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text, redact_properties
from regulars.channels.signatures.standard import (
    PUBLIC_KEY,
    header,
    standard_sample,
    verify_standard,
)
from regulars.domain.events import ConsentChange, Event, OrderFact, event_id
from regulars.domain.money import MAX_MAJOR_UNITS, to_minor_units
from regulars.domain.texts import replace_surrogates
from regulars.domain.times import to_text

CHANNEL_NAME = "standard-webhooks"
_KINDS = ("web", "shop", "pos", "payments", "email", "chat", "form", "booking")
# The words of types that may come without a mapping: what happened to what.
_OBJECTS = {"contact": "Customer", "user": "Customer", "customer": "Customer", "order": "Order"} | {
    name: name.capitalize()
    for name in ("product", "checkout", "cart", "payment", "invoice", "subscription", "booking")
}
_VERBS = {"created", "updated", "deleted", "completed", "cancelled", "refunded", "fulfilled"} | {
    "started", "abandoned", "succeeded", "failed", "paid", "ended", "rescheduled", "viewed", "added",
}  # fmt: skip
_STATUSES = {
    "Order Created": "placed",
    "Order Completed": "paid",
    "Order Cancelled": "cancelled",
}
_CONSENTS = {
    mail.SUBSCRIBED: "granted",
    mail.UNSUBSCRIBED: "denied",
    mail.EMAIL_MARKED_AS_SPAM: "denied",
}
_CONTACT = ("email", "phone", "first_name", "last_name", "name")


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """The signature over id, time and body.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    verify_standard(request, secrets, now)


def translate_delivery(request: Request) -> list[Draft]:
    """The event of one delivery, as the source's config maps it."""
    body = as_object(parse_json(request.body))
    topic = body.get("type")
    type_ = _type(request, topic)
    person = _person(request, type_, body)
    return [Draft(_event(request, type_, body), person.identifiers, person.contact)]


def build_sample(blank: Request, secret: str) -> Request | None:
    """A signed delivery of a topic nobody knows, which is set aside; a public key signs nothing."""
    return None if secret.startswith(PUBLIC_KEY) else standard_sample(blank, secret)


def _type(request: Request, topic: object) -> str:
    text = topic if isinstance(topic, str) else ""
    mapped = read_config_object(request.config, "events").get(text)
    if isinstance(mapped, str) and mapped:
        return clean_text(mapped)
    noun, _, verb = text.partition(".")
    if noun in _OBJECTS and verb in _VERBS:
        return f"{_OBJECTS[noun]} {verb.capitalize()}"
    raise UnknownTopicError


def _person(request: Request, type_: str, body: dict[str, Any]) -> PersonBuilder:
    person = PersonBuilder(request.default_country)
    person.add_identifier("user_id", _field(request, body, "user_id"))
    customer = _field(request, body, "customer") or _field(request, body, "customer_id")
    if customer is None and type_.startswith("Customer "):
        customer = as_object(body.get("data")).get("id")
    person.add_identifier("customer", customer, f"{CHANNEL_NAME}/{request.source}")
    person.add_contact({name: _field(request, body, name) for name in _CONTACT})
    person.add_identifier("anonymous_id", _field(request, body, "anonymous_id"))
    return person


def _event(request: Request, type_: str, body: dict[str, Any]) -> Event:
    moment = resolve_event_times(_time(request, body), request.received_at)
    status = _CONSENTS.get(type_)
    consents = (
        (ConsentChange(channel="email", status=status, at=moment.occurred_at, basis="webhook"),)
        if status
        else ()
    )
    kind = request.config.get("channel")
    order = _order(request, type_, body, moment.occurred_at)
    return Event(
        # The id is signed; a body without one is known by its content.
        id=event_id(CHANNEL_NAME, request.source, replace_surrogates(_key(request))),
        type=type_,
        channel=kind if kind in _KINDS else "web",
        source=f"{CHANNEL_NAME}/{request.source}",
        occurred_at=moment.occurred_at,
        received_at=to_text(request.received_at),
        currency=order.currency if order else "",
        order=order,
        consents=consents,
        properties=_properties(request, body),
        clock_skewed=moment.clock_skewed,
        backfill=moment.backfill,
    )


def _key(request: Request) -> str:
    return header(request, "id") or hashlib.sha256(request.body).hexdigest()


def _time(request: Request, body: dict[str, Any]) -> datetime:
    said = _field(request, body, "occurred_at") or body.get("timestamp")
    if isinstance(said, int | float):
        return from_epoch(said)
    return parse_time(format_first_time(said)) if said else request.received_at


def _order(request: Request, type_: str, body: dict[str, Any], at: str) -> OrderFact | None:
    """The order the event tells, where it says which one and what it comes to."""
    order_id = clean_text(_field(request, body, "order_id"))
    total = _field(request, body, "total")
    status = _STATUSES.get(type_)
    if not (order_id and status) or total is None:
        return None
    currency = parse_currency(_field(request, body, "currency"), request.default_currency)
    store = clean_text(request.config.get("store")) or f"{CHANNEL_NAME}/{request.source}"
    return OrderFact(
        key=f"{store}/{order_id}",
        version=at,
        placed_at=at,
        status=status,
        total=_parse_total(request, total, currency),
        currency=currency,
    )


def _parse_total(request: Request, value: object, currency: str) -> int:
    """Return a total in minor units, which the source's config says the sender writes."""
    if request.config.get("amounts") != "minor":
        return parse_amount(value, currency, allow_negative=True)
    max_units = to_minor_units(Decimal(MAX_MAJOR_UNITS), currency)
    return parse_minor_units(value, integers_only=True, allow_negative=True, max_units=max_units)


def _properties(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    paths = read_config_object(request.config, "properties")
    told = {str(name): _at(body, path) for name, path in paths.items()}
    return redact_properties({name: value for name, value in told.items() if value is not None})


def _field(request: Request, body: dict[str, Any], name: str) -> Any:
    return _at(body, read_config_object(request.config, "fields").get(name, f"data.{name}"))


def _at(body: dict[str, Any], path: object) -> Any:
    """What is at a path such as data.member.email; None where there is nothing."""
    found: Any = body
    for name in str(path).split("."):
        found = as_object(found).get(name)
    return found


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Standard Webhooks",
    page=__doc__,
    secret=ProviderSecret(question="The sender's signing secret (whsec_… or whpk_…)"),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
    config_fields={
        "events": ConfigField(
            question='What its events mean, as JSON such as {"invoice.settled": "Order Completed"}',
            is_optional=True,
            normalize=check_json_object,
        ),
        "fields": ConfigField(
            question='Where things are, as JSON such as {"email": "data.member.email"}',
            is_optional=True,
            normalize=check_json_object,
        ),
        "properties": ConfigField(
            question='What else to keep, as JSON such as {"plan": "data.plan"}',
            is_optional=True,
            normalize=check_json_object,
        ),
        "channel": ConfigField(
            question="The kind of channel, such as payments; web by itself", is_optional=True
        ),
        "store": ConfigField(
            question="The shop that its order numbers are of; its own by itself", is_optional=True
        ),
        "amounts": ConfigField(question="minor if amounts come in cents", is_optional=True),
    },
)
