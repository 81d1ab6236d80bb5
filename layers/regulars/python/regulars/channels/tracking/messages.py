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
from regulars.channels.tracking.commerce import add_commerce, to_canonical_name
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import ConsentChange, Event, event_id
from regulars.domain.times import to_text

CHANNEL_NAME = "segment"
EVENT_NAMES = {
    "identify": "Identified",
    "page": "Page Viewed",
    "screen": "Screen Viewed",
    "group": "Grouped",
    "alias": "Aliased",
}
_EXTERNAL_ID_TYPES = ("email", "phone", "user_id", "anonymous_id")
# An event that withdraws the consent to e-mail → the basis of the withdrawal.
_DENIAL_BASES = {"Unsubscribed": "unsubscribed", "Email Marked as Spam": "complained"}
MAX_NAME_CHARACTERS = 128
MAX_TRAIT_CHARACTERS = 64
_CAMPAIGN_FIELDS = ("source", "medium", "name", "term", "content")


class TrackingMessage(msgspec.Struct, rename="camel"):
    """One message of an SDK. Unknown fields are ignored; a field of a wrong type is refused."""

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
    message_type: str = "",
    batch_context: dict[str, Any] | None = None,
    sent_at: str = "",
) -> Draft:
    """Return the draft of one message; raise InvalidEventError for an invalid message.

    `message_type` is the type that the path names, if it does. `batch_context` is the context of the batch, which a
    message's own context overrides. `sent_at` is the time at which the batch was sent.
    """
    message = _decode_message(raw, message_type)
    dedupe_key = message.message_id or _hash_content(message)
    message.context = (batch_context or {}) | (message.context or {})
    person = _read_person(message, request.default_country)
    if not person.identifiers:
        raise InvalidEventError("A message needs a userId or an anonymousId.", "missing_identity")
    # Some SDKs set sentAt of a message when they queue it, and sentAt of the batch when they send it.
    sent_at = max(format_first_time(message.sent_at), format_first_time(sent_at))
    times = _resolve_times(message, sent_at, request)
    event = Event(
        id=event_id(CHANNEL_NAME, request.source, dedupe_key),
        type=_event_type(message),
        channel="web",
        source=f"{CHANNEL_NAME}/{request.source}",
        occurred_at=times.occurred_at,
        received_at=to_text(request.received_at),
        sent_at=sent_at,
        consents=_list_consent_changes(message, times),
        traits=_read_traits(message),
        properties=_read_properties(message) | _find_original_time(message, times),
        clock_skewed=times.clock_skewed,
        backfill=times.backfill,
    )
    if message.type == "track":
        event = add_commerce(event, message.properties or {}, request.default_currency)
    return Draft(event, person.identifiers, person.contact)


def _decode_message(raw: bytes | msgspec.Raw, message_type: str) -> TrackingMessage:
    try:
        message = msgspec.json.decode(raw, type=TrackingMessage)
    except msgspec.ValidationError as error:
        # msgspec names the field and the types, never the value.
        raise InvalidEventError(f"A field has the wrong type: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidEventError("The message is not JSON.", "invalid_json") from None
    message.type = message_type or message.type
    if message.type not in {*EVENT_NAMES, "track"}:
        raise InvalidEventError("The message has an unknown type.", "unknown_type")
    return message


def _event_type(message: TrackingMessage) -> str:
    if message.type == "group" and message.group_id in {None, ""}:
        raise InvalidEventError("A group message needs a groupId.", "missing_group_id")
    # The browser SDK omits previousId for its own visitor and sends the anonymousId instead.
    if message.type == "alias" and {message.previous_id, message.anonymous_id} <= {None, ""}:
        raise InvalidEventError("An alias message needs a previousId.", "missing_previous_id")
    if message.type != "track":
        return EVENT_NAMES[message.type]
    name = to_canonical_name((message.event or "").strip())
    if not name:
        raise InvalidEventError("A track message needs an event.", "missing_event")
    if len(name) > MAX_NAME_CHARACTERS or looks_personal(name):
        raise InvalidEventError(
            "The event name is too long or looks personal.", "invalid_event_name"
        )
    return name


def _hash_content(message: TrackingMessage) -> str:
    """Return a stable id for a message without messageId, so that a retry has the same id.

    The context may be the only content of the message.
    """
    identifiers = (message.user_id, message.anonymous_id, message.previous_id, message.group_id)
    facts = (
        message.type,
        message.event,
        message.name,
        message.category,
        message.timestamp,
        message.original_timestamp,
    )
    context = message.context or {}
    context_facts = {name: context[name] for name in ("traits", "page") if context.get(name)}
    content = msgspec.json.encode(
        # Without context facts the id equals that of messages recorded before the context was included.
        (
            identifiers,
            facts,
            message.properties,
            message.traits,
            *([context_facts] if context_facts else []),
        ),
        order="deterministic",
    )
    return hashlib.sha256(content).hexdigest()


def _read_person(message: TrackingMessage, default_country: str) -> PersonBuilder:
    person = PersonBuilder(default_country)
    person.add_identifier("user_id", message.user_id)
    person.add_identifier("anonymous_id", message.anonymous_id)
    if message.type != "group":  # the traits of a group describe a company
        person.add_contact(message.traits or {})
    context = message.context or {}
    person.add_contact(as_object(context.get("traits")))
    _add_external_ids(person, context)
    # An alias without another identifier links nobody.
    if message.type == "alias" and person.identifiers:
        # SDKs alias an anonymous id to a user id; older SDKs alias one user id to another.
        person.add_identifier("user_id", message.previous_id)
        person.add_identifier("anonymous_id", message.previous_id)
    return person


def _add_external_ids(person: PersonBuilder, context: dict[str, Any]) -> None:
    for external_id in as_list(context.get("externalIds")):
        namespace = as_object(external_id).get("type")
        if namespace in _EXTERNAL_ID_TYPES:
            person.add_identifier(str(namespace), external_id.get("id"))


def _resolve_times(message: TrackingMessage, sent_at: str, request: Request) -> EventTimes:
    message_time = message.timestamp or message.original_timestamp
    occurred_at = parse_time(message_time) if message_time else request.received_at
    return resolve_event_times(
        occurred_at, request.received_at, parse_time(sent_at) if message_time and sent_at else None
    )


def _find_original_time(message: TrackingMessage, times: EventTimes) -> dict[str, str]:
    """Return the time that the sender sent, if the clock was corrected."""
    message_time = format_first_time(message.timestamp, message.original_timestamp)
    return {"original_timestamp": message_time} if times.clock_skewed and message_time else {}


def _list_consent_changes(message: TrackingMessage, times: EventTimes) -> tuple[ConsentChange, ...]:
    basis = _DENIAL_BASES.get((message.event or "").strip()) if message.type == "track" else None
    return (
        (ConsentChange(channel="email", status="denied", at=times.occurred_at, basis=basis),)
        if basis
        else ()
    )


def _read_traits(message: TrackingMessage) -> dict[str, str]:
    """Return the traits that do not identify the person."""
    context, traits = message.context or {}, as_object((message.context or {}).get("traits"))
    if message.type == "identify":
        traits = traits | (message.traits or {})
    country = traits.get("country") or as_object(traits.get("address")).get("country")
    values = {
        "country": country,
        "locale": context.get("locale") or traits.get("locale"),
        "timezone": context.get("timezone") or traits.get("timezone"),
    }
    texts = {name: clean_text(value) for name, value in values.items()}
    return {name: text for name, text in texts.items() if _is_storable_trait(text)}


def _is_storable_trait(text: str) -> bool:
    return 0 < len(text) <= MAX_TRAIT_CHARACTERS and not looks_personal(text)


def _read_properties(message: TrackingMessage) -> dict[str, Any]:
    properties = redact_properties(message.properties or {})
    context = message.context or {}
    if message.type in {"page", "screen"}:
        page = redact_properties(as_object(context.get("page"))) if message.type == "page" else {}
        texts = {"name": clean_text(message.name), "category": clean_text(message.category)}
        properties = page | properties | {key: text for key, text in texts.items() if text}
    if message.type == "group" and (group_id := clean_text(message.group_id)):
        properties |= {"group_id": group_id}
    campaign = as_object(context.get("campaign"))
    campaign_fields = {
        key: clean_text(campaign[key]) for key in _CAMPAIGN_FIELDS if key in campaign
    }
    return properties | ({"campaign": campaign_fields} if campaign_fields else {})
