"""Decode one message of an SDK and identify its content."""

import hashlib
from typing import Any

import msgspec

from regulars.domain.errors import InvalidEventError

EVENT_NAMES = {
    "identify": "Identified",
    "page": "Page Viewed",
    "screen": "Screen Viewed",
    "group": "Grouped",
    "alias": "Aliased",
}


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


def decode_message(raw: bytes | msgspec.Raw, message_type: str) -> TrackingMessage:
    """Return the message, with the type that the path names; raise InvalidEventError for an invalid message."""
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


def hash_content(message: TrackingMessage) -> str:
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
