"""Parse calls of the tracking API: decompress and repair the body, split it into messages, and find its write keys."""

import json
import zlib
from typing import Any

import msgspec

from regulars.domain.errors import InvalidRequestError, PayloadTooLargeError
from regulars.store.rejects import BatchFields

# Bytes after gunzip. In binary units, as the 32 KB of a message: Python SDKs close a batch after the message that makes
# it pass 475,000 bytes, so that it may hold 508,000.
MAX_BODY_BYTES = 500 * 1024
BATCH_KIND = "batch"

_GZIP_MAGIC = b"\x1f\x8b"
# What is left of gzip's first two bytes when a proxy decoded them as text.
_MANGLED_MAGIC = b"\x1f\xef\xbf\xbd"


class TrackingCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call of `/v1/<kind>`: its body as valid JSON, its messages, and the write keys in header, body and URL."""

    kind: str
    body: bytes
    messages: tuple[msgspec.Raw, ...] = ()
    shared: BatchFields = BatchFields()
    keys: tuple[str, ...] = ()


class _Envelope(msgspec.Struct, rename="camel"):
    batch: list[msgspec.Raw] | None = None
    write_key: str | None = None
    sent_at: str | None = None
    context: dict[str, Any] | None = None


class _MessageKey(msgspec.Struct, rename="camel"):
    write_key: str | None = None


def parse_call(kind: str, body: bytes, header_key: str = "", url_key: str = "") -> TrackingCall:
    """Return the call; raise InvalidRequestError or PayloadTooLargeError.

    A key may be ''. Each key of header, body and URL is tried in the order in which SDKs mean them.
    """
    body, envelope = _decode_envelope(_decompress_call(body))
    messages = _split_messages(kind, body, envelope)
    # Server SDKs send their key in a header only: then no message need be decoded for it.
    body_key = envelope.write_key or (_find_message_key(messages) if b"writeKey" in body else "")
    return TrackingCall(
        kind=kind,
        body=body,
        messages=tuple(messages),
        shared=BatchFields(envelope.sent_at or "", envelope.context or {}),
        keys=list_unique_keys(header_key, body_key, url_key),
    )


def decompress_body(body: bytes) -> bytes:
    """Return the body, gunzipped when its bytes are gzip, whatever its headers say; at most one byte over the limit."""
    if body.startswith(_MANGLED_MAGIC):
        raise InvalidRequestError(
            "The gzip body was mangled on its way; please send it without gzip.", "gzip_mangled"
        )
    if not body.startswith(_GZIP_MAGIC):
        return body
    try:
        return zlib.decompressobj(wbits=31).decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error:
        raise InvalidRequestError("The body is no gzip.", "invalid_gzip") from None


def list_unique_keys(*keys: str | None) -> tuple[str, ...]:
    """Return the keys that are not blank, each once, in their order."""
    return tuple(dict.fromkeys(key for key in keys if key))


def _decompress_call(body: bytes) -> bytes:
    body = decompress_body(body)
    if len(body) > MAX_BODY_BYTES:
        raise PayloadTooLargeError("A call holds at most 500 KB.")
    return body


def _decode_envelope(body: bytes) -> tuple[bytes, _Envelope]:
    """Return the body as valid JSON, and its envelope."""
    try:
        return body, msgspec.json.decode(body, type=_Envelope)
    except msgspec.ValidationError as error:
        # msgspec names the field and the types, never the value.
        raise InvalidRequestError(f"A field has the wrong type: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        repaired_body = _repair_json(body)
    if repaired_body == body:
        raise InvalidRequestError("The body is not JSON.", "invalid_json")
    return _decode_envelope(repaired_body)


def _repair_json(body: bytes) -> bytes:
    """Convert what browsers accept as JSON: half an emoji becomes `?`, NaN becomes null; return other bodies unchanged.

    So one text that was cut within an emoji does not refuse the batch around it.
    """
    try:
        value = json.loads(body, parse_constant=lambda _: None)
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return body


def _split_messages(kind: str, body: bytes, envelope: _Envelope) -> list[msgspec.Raw]:
    if kind != BATCH_KIND:
        return [msgspec.Raw(body)]
    if envelope.batch is None:
        raise InvalidRequestError("A batch call needs a list named batch.", "missing_batch")
    return envelope.batch


def _find_message_key(messages: list[msgspec.Raw]) -> str:
    """Return the first write key in a message: some browser SDKs put it nowhere else."""
    return next(filter(None, map(_read_message_key, messages)), "")


def _read_message_key(message: msgspec.Raw) -> str:
    try:
        return msgspec.json.decode(message, type=_MessageKey).write_key or ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
