"""Build the rejects of a call of the tracking API, so that a replay can receive each again from the same sender."""

from collections.abc import Sequence

import msgspec

from regulars.channels.tracking.messages import CHANNEL_NAME
from regulars.domain.errors import InvalidEventError, RegularsError
from regulars.domain.isolation import Failure
from regulars.ingestion.tracking_calls import TrackingCall
from regulars.ingestion.tracking_senders import Sender
from regulars.store.api_keys import hash_key_text
from regulars.store.rejects import BatchFields, Reject, StoredDelivery

MAX_MESSAGE_REJECTS = 25  # what one BatchWriteItem holds
MAX_SHARED_BYTES = 2 * 1024  # of a batch, repeated with each message that is rejected
UNKNOWN_SENDER = Sender(source="")


def build_call_reject(
    error: RegularsError, sender: Sender, call: TrackingCall, shared: BatchFields | None = None
) -> Reject:
    """Return the reject of a whole call, or of one message with what its batch says of all messages."""
    # Of an unknown sender the last key: one before it in the request may be a token that nobody registers.
    key = sender.key_id or (hash_key_text(call.keys[-1]) if call.keys else "")
    return Reject(
        code=error.code,
        reason=str(error),
        source=f"{CHANNEL_NAME}/{sender.source}",
        raw=call.body,
        delivery=StoredDelivery(url=f"/v1/{call.kind}", key=key, trust=sender.trust, shared=shared),
    )


def build_message_reject(
    error: RegularsError, sender: Sender, call: TrackingCall, message: msgspec.Raw
) -> Reject:
    """Return the reject of one message, with what its batch says of all messages unless that is too large."""
    shared = call.shared
    if len(msgspec.json.encode(shared)) > MAX_SHARED_BYTES:
        shared = BatchFields(context=None)
    message_call = msgspec.structs.replace(call, body=bytes(message))
    return build_call_reject(error, sender, message_call, shared)


def build_message_rejects[Error: RegularsError](
    failures: Sequence[Failure[msgspec.Raw, Error]], sender: Sender, call: TrackingCall
) -> list[Reject]:
    """Return one reject for each of the first 25 messages that failed, and of the others one for each code.

    A write for each message of a batch would be a means to make the shop pay.
    """
    rejects = [
        build_message_reject(failure.error, sender, call, failure.item)
        for failure in failures[:MAX_MESSAGE_REJECTS]
    ]
    others: dict[str, list[Failure[msgspec.Raw, Error]]] = {}
    for failure in failures[MAX_MESSAGE_REJECTS:]:
        others.setdefault(failure.error.code, []).append(failure)
    for code, group in others.items():
        error = InvalidEventError(f"{len(group)} messages, the first: {group[0].error}", code)
        messages = [failure.item for failure in group]
        rejects.append(_build_batch_reject(error, sender, call, messages))
    return rejects


def build_excess_rejects(call: TrackingCall, sender: Sender, max_messages: int) -> list[Reject]:
    """Return the messages of a batch beyond its first `max_messages` as one reject, which is a batch itself.

    A write for each of them would never end.
    """
    excess = call.messages[max_messages:]
    if not excess:
        return []
    error = InvalidEventError("A batch holds at most 2,500 messages.", "batch_too_long")
    return [_build_batch_reject(error, sender, call, excess)]


def _build_batch_reject(
    error: RegularsError, sender: Sender, call: TrackingCall, messages: Sequence[msgspec.Raw]
) -> Reject:
    """Return the reject of some messages of a batch, which is a batch itself."""
    shared = {"sentAt": call.shared.sent_at, "context": call.shared.context}
    batch = {"batch": messages} | {name: value for name, value in shared.items() if value}
    batch_call = msgspec.structs.replace(call, body=msgspec.json.encode(batch))
    return build_call_reject(error, sender, batch_call)
