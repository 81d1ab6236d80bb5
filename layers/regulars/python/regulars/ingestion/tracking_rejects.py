"""Build the rejects of a call of the tracking API, so that a replay can receive each again from the same sender."""

import msgspec

from regulars.channels.tracking.messages import CHANNEL_NAME
from regulars.domain.errors import InvalidEventError, RegularsError
from regulars.ingestion.tracking_calls import BATCH_KIND, TrackingCall
from regulars.ingestion.tracking_senders import Sender
from regulars.store.api_keys import hash_key_text
from regulars.store.rejects import BatchFields, Reject, StoredDelivery

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


def build_excess_rejects(call: TrackingCall, sender: Sender, max_messages: int) -> list[Reject]:
    """Return the messages of a batch beyond its first `max_messages` as one reject, which is a batch itself.

    A write for each of them would never end.
    """
    excess = call.messages[max_messages:]
    if not excess:
        return []
    error = InvalidEventError("A batch holds at most 2,500 messages.", "batch_too_long")
    shared = {"sentAt": call.shared.sent_at, "context": call.shared.context}
    batch = {"batch": excess} | {name: value for name, value in shared.items() if value}
    excess_call = msgspec.structs.replace(call, body=msgspec.json.encode(batch))
    return [build_call_reject(error, sender, excess_call)]


def build_unknown_key_rejects(call: TrackingCall, max_messages: int) -> list[Reject]:
    """Return the rejects of a call whose keys nobody knows: one for each of its first `max_messages`."""
    error = InvalidEventError("No key is known by this text.", "unknown_write_key")
    if call.kind != BATCH_KIND:
        return [build_call_reject(error, UNKNOWN_SENDER, call)]
    messages = call.messages[:max_messages]
    rejects = [build_message_reject(error, UNKNOWN_SENDER, call, message) for message in messages]
    return rejects + build_excess_rejects(call, UNKNOWN_SENDER, max_messages)
