"""Translate each message of the Segment tracking API into one event."""

import hashlib
from typing import Any

import msgspec

from regulars.channels.contract import Draft, Request
from regulars.channels.fields.event_times import (
    EventTimes,
    format_first_time,
    parse_time,
    resolve_event_times,
)
from regulars.channels.fields.json_values import as_list, as_object
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text, looks_personal, redact_properties
from regulars.channels.tracking.commerce import canonical_name, commerce
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import ConsentChange, Event, event_id
from regulars.domain.times import to_text

CHANNEL_NAME = "segment"
NAMES = {
    "identify": "Identified",
    "page": "Page Viewed",
    "screen": "Screen Viewed",
    "group": "Grouped",
    "alias": "Aliased",
}
_EXTERNAL_IDS = ("email", "phone", "user_id", "anonymous_id")
# What takes back the consent to e-mail → on which basis.
_DENIALS = {"Unsubscribed": "unsubscribed", "Email Marked as Spam": "complained"}
LONGEST_NAME = 128
LONGEST_TRAIT = 64
_CAMPAIGN = ("source", "medium", "name", "term", "content")


class Message(msgspec.Struct, rename="camel"):
    """One message as SDKs send it; unknown fields are ignored, wrong types refused."""

    type: str = ""
    message_id: str | None = None
    user_id: str | int | None = None
    anonymous_id: str | int | None = None
    previous_id: str | int | None = None
    group_id: str | int | None = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    timestamp: str | None = None
    original_timestamp: str | None = None
    sent_at: str | None = None


def translate_message(
    raw: bytes | msgspec.Raw,
    request: Request,
    kind: str = "",
    shared: dict[str, Any] | None = None,
    sent_at: str = "",
) -> Draft:
    """The event of one message; InvalidEventError says why there is none.

    `kind` is the type when the path tells it; `shared` is the batch's context, under each message's own, and
    `sent_at` the batch's.
    """
    message = _decoded(raw, kind)
    dedupe_key = message.message_id or _content_id(message)
    message.context = (shared or {}) | (message.context or {})
    person = _person(message, request.default_country)
    if not person.identifiers:
        raise InvalidEventError("A message needs a userId or an anonymousId.", "missing_identity")
    # Some SDKs date a message when it is queued, and its batch when it leaves.
    sent_at = max(format_first_time(message.sent_at), format_first_time(sent_at))
    moment = _moment(message, sent_at, request)
    event = Event(
        id=event_id(CHANNEL_NAME, request.source, dedupe_key),
        type=_type(message),
        channel="web",
        source=f"{CHANNEL_NAME}/{request.source}",
        occurred_at=moment.occurred_at,
        received_at=to_text(request.received_at),
        sent_at=sent_at,
        consents=_consents(message, moment),
        traits=_traits(message),
        properties=_properties(message) | _as_dated(message, moment),
        clock_skewed=moment.clock_skewed,
        backfill=moment.backfill,
    )
    if message.type == "track":
        event = commerce(event, message.properties or {}, request.default_currency)
    return Draft(event, person.identifiers, person.contact)


def _decoded(raw: bytes | msgspec.Raw, kind: str) -> Message:
    try:
        message = msgspec.json.decode(raw, type=Message)
    except msgspec.ValidationError as error:
        # msgspec names the field and the types, never the value.
        raise InvalidEventError(f"A field has the wrong type: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidEventError("The message is not JSON.", "invalid_json") from None
    message.type = kind or message.type
    if message.type not in {*NAMES, "track"}:
        raise InvalidEventError("The message's type is not one of the API's.", "unknown_type")
    return message


def _type(message: Message) -> str:
    if message.type == "group" and message.group_id in {None, ""}:
        raise InvalidEventError("A group message needs a groupId.", "missing_group_id")
    # The browser's SDK leaves out the previousId of its own visitor, whose anonymousId it sends.
    if message.type == "alias" and {message.previous_id, message.anonymous_id} <= {None, ""}:
        raise InvalidEventError("An alias message needs a previousId.", "missing_previous_id")
    if message.type != "track":
        return NAMES[message.type]
    name = canonical_name((message.event or "").strip())
    if not name:
        raise InvalidEventError("A track message needs an event.", "missing_event")
    if len(name) > LONGEST_NAME or looks_personal(name):
        raise InvalidEventError("The event's name is too long, or personal.", "invalid_event_name")
    return name


def _content_id(message: Message) -> str:
    """A stable id of a message without one, so that a retry is known again; its context may be all that it says."""
    who = (message.user_id, message.anonymous_id, message.previous_id, message.group_id)
    what = (
        message.type,
        message.event,
        message.name,
        message.category,
        message.timestamp,
        message.original_timestamp,
    )
    context = message.context or {}
    beside = {name: context[name] for name in ("traits", "page") if context.get(name)}
    said = msgspec.json.encode(
        # Without them the id is that of messages told before they counted.
        (who, what, message.properties, message.traits, *([beside] if beside else [])),
        order="deterministic",
    )
    return hashlib.sha256(said).hexdigest()


def _person(message: Message, default_country: str) -> PersonBuilder:
    person = PersonBuilder(default_country)
    person.add_identifier("user_id", message.user_id)
    person.add_identifier("anonymous_id", message.anonymous_id)
    if message.type != "group":  # a group's traits are a company's
        person.add_contact(message.traits or {})
    context = message.context or {}
    person.add_contact(as_object(context.get("traits")))
    for external in as_list(context.get("externalIds")):
        namespace = as_object(external).get("type")
        if namespace in _EXTERNAL_IDS:
            person.add_identifier(str(namespace), external.get("id"))
    if message.type == "alias" and person.identifiers:  # by itself it is nobody's alias
        # SDKs alias an anonymous id to a user, older ones a user id to another.
        person.add_identifier("user_id", message.previous_id)
        person.add_identifier("anonymous_id", message.previous_id)
    return person


def _moment(message: Message, sent_at: str, request: Request) -> EventTimes:
    said = message.timestamp or message.original_timestamp
    occurred = parse_time(said) if said else request.received_at
    return resolve_event_times(
        occurred, request.received_at, parse_time(sent_at) if said and sent_at else None
    )


def _as_dated(message: Message, moment: EventTimes) -> dict[str, str]:
    """What the sender's clock said, when the event's time is another."""
    said = format_first_time(message.timestamp, message.original_timestamp)
    return {"original_timestamp": said} if moment.clock_skewed and said else {}


def _consents(message: Message, moment: EventTimes) -> tuple[ConsentChange, ...]:
    basis = _DENIALS.get((message.event or "").strip()) if message.type == "track" else None
    return (
        (ConsentChange(channel="email", status="denied", at=moment.occurred_at, basis=basis),)
        if basis
        else ()
    )


def _traits(message: Message) -> dict[str, str]:
    """What is known of the person and tells nobody who it is."""
    context, traits = message.context or {}, as_object((message.context or {}).get("traits"))
    if message.type == "identify":
        traits = traits | (message.traits or {})
    country = traits.get("country") or as_object(traits.get("address")).get("country")
    said = {
        "country": country,
        "locale": context.get("locale") or traits.get("locale"),
        "timezone": context.get("timezone") or traits.get("timezone"),
    }
    texts = {name: clean_text(value) for name, value in said.items()}
    return {
        name: text
        for name, text in texts.items()
        if 0 < len(text) <= LONGEST_TRAIT and not looks_personal(text)
    }


def _properties(message: Message) -> dict[str, Any]:
    kept = redact_properties(message.properties or {})
    context = message.context or {}
    if message.type in {"page", "screen"}:
        page = redact_properties(as_object(context.get("page"))) if message.type == "page" else {}
        named = {"name": clean_text(message.name), "category": clean_text(message.category)}
        kept = page | kept | {key: text for key, text in named.items() if text}
    if message.type == "group" and (group_id := clean_text(message.group_id)):
        kept |= {"group_id": group_id}
    campaign = as_object(context.get("campaign"))
    said = {key: clean_text(campaign[key]) for key in _CAMPAIGN if key in campaign}
    return kept | ({"campaign": said} if said else {})
