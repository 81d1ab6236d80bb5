"""Translate each message of the Segment tracking API into one event."""

from typing import Any

import msgspec

from regulars.channels.contract import Draft, Request
from regulars.channels.fields.event_times import (
    EventTimes,
    format_first_time,
    parse_time,
    resolve_event_times,
)
from regulars.channels.fields.json_values import as_object
from regulars.channels.fields.redaction import clean_text, looks_personal, redact_properties
from regulars.channels.tracking.commerce import add_commerce, to_canonical_name
from regulars.channels.tracking.message_person import read_person, read_traits
from regulars.channels.tracking.sdk_message import (
    EVENT_NAMES,
    TrackingMessage,
    decode_message,
    hash_content,
)
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import ConsentChange, Event, event_id
from regulars.domain.times import to_text

CHANNEL_NAME = "segment"
# An event that withdraws the consent to e-mail → the status of the consent and the basis.
_WITHDRAWAL_STATUSES = {
    "Unsubscribed": ("denied", "unsubscribed"),
    "Email Marked as Spam": ("complained", "complained"),
}
MAX_NAME_CHARACTERS = 128
_CAMPAIGN_FIELDS = ("source", "medium", "name", "term", "content")


def translate_message(
    raw: bytes | msgspec.Raw,
    request: Request,
    message_type: str = "",
    batch_context: dict[str, Any] | None = None,
    sent_at: str = "",
    trust: str = "",
) -> Draft:
    """Return the draft of one message; raise InvalidEventError for an invalid message.

    `message_type` is the type that the path names, if it does. `batch_context` is the context of the batch, which a
    message's own context overrides. `sent_at` is the time at which the batch was sent. `trust` is that of the sender, ''
    for a browser. It is part of the event id, so that nobody can take the id of a message that a server will send.
    """
    message = decode_message(raw, message_type)
    dedupe_key = message.message_id or hash_content(message)
    message.context = (batch_context or {}) | (message.context or {})
    person = read_person(message, request.default_country)
    if not person.identifiers:
        raise InvalidEventError("A message needs a userId or an anonymousId.", "missing_identity")
    # Some SDKs set sentAt of a message when they queue it, and sentAt of the batch when they send it.
    sent_at = max(format_first_time(message.sent_at), format_first_time(sent_at))
    times = _resolve_times(message, sent_at, request)
    event = Event(
        id=event_id(CHANNEL_NAME, request.source, *filter(None, (trust,)), dedupe_key),
        type=_event_type(message),
        channel="web",
        source=f"{CHANNEL_NAME}/{request.source}",
        occurred_at=times.occurred_at,
        received_at=to_text(request.received_at),
        sent_at=sent_at,
        consents=_list_consent_changes(message, times),
        traits=read_traits(message),
        properties=_read_properties(message) | _find_original_time(message, times),
        clock_skewed=times.clock_skewed,
        backfill=times.backfill,
        trust=trust,
    )
    if message.type == "track":
        event = add_commerce(event, message.properties or {}, request.default_currency)
    return Draft(event, person.identifiers, person.contact)


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
    withdrawal = _WITHDRAWAL_STATUSES.get((message.event or "").strip())
    if withdrawal is None or message.type != "track":
        return ()
    status, basis = withdrawal
    return (ConsentChange(channel="email", status=status, at=times.occurred_at, basis=basis),)


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
