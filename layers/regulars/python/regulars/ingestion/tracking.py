"""The tracking API: a good message is recorded, a bad one kept with its reason, and neither holds the other up."""

import json
import zlib
from typing import Any

import msgspec

from regulars.channels.contract import Draft, Request
from regulars.channels.segment import CHANNEL, translate_message
from regulars.domain.errors import (
    ForbiddenError,
    InvalidEventError,
    InvalidRequestError,
    PayloadTooLargeError,
    RegularsError,
    UnauthorizedError,
)
from regulars.ingestion.recording import Recorder
from regulars.store.keys import Keys
from regulars.store.rejects import Reject, Rejects

LARGEST_BODY = 500_000  # bytes, after gunzip
LARGEST_MESSAGE = 32 * 1024
MOST_MESSAGES = 2500
BATCH = "batch"

_GZIP = b"\x1f\x8b"
# What is left of gzip's first two bytes when somebody on the way took them for text.
_MANGLED = b"\x1f\xef\xbf\xbd"


class _Envelope(msgspec.Struct, rename="camel"):
    batch: list[msgspec.Raw] | None = None
    write_key: str | None = None
    sent_at: str | None = None
    context: dict[str, Any] | None = None


class _Keyed(msgspec.Struct, rename="camel"):
    write_key: str | None = None


class Tracking:
    """Receives calls of the tracking API."""

    def __init__(self, keys: Keys, recorder: Recorder, rejects: Rejects) -> None:
        self._keys = keys
        self._recorder = recorder
        self._rejects = rejects

    def receive(self, kind: str, request: Request, key: str) -> None:
        """Record the messages of one call of `/v1/<kind>`; when this returns, all of it is durable.

        `key` is the write key of the header or the URL, '' when the body may hold it. A refused call is kept as a
        reject before its error is raised.
        """
        try:
            self._receive(kind, request, key)
        except RegularsError as error:
            self._keep([_reject(error, request.source, request.body)], request)
            raise

    def _receive(self, kind: str, request: Request, key: str) -> None:
        body = unzipped(request.body)
        if len(body) > LARGEST_BODY:
            raise PayloadTooLargeError("A call holds at most 500 KB.")
        body, envelope = _read(body)
        messages = _messages(kind, body, envelope)
        key = key or envelope.write_key or _key_of_messages(messages)
        if not key:
            raise UnauthorizedError("A write key is missing.")
        source = self._source(key)
        if source is None:
            error = InvalidEventError("No key is known by this text.", "unknown_write_key")
            refused = [_reject(error, "", bytes(message)) for message in messages[:MOST_MESSAGES]]
            self._keep(refused + _beyond(messages, ""), request)
            return
        request = msgspec.structs.replace(request, source=source, body=body)
        self._record(kind, request, envelope, messages)

    def _source(self, key: str) -> str | None:
        known = self._keys.authenticate(key)
        if known is None:
            return None
        if known.scope != "write":
            raise ForbiddenError("This key may not write.")
        return known.source or known.label or "default"

    def _record(
        self, kind: str, request: Request, envelope: _Envelope, messages: list[msgspec.Raw]
    ) -> None:
        drafts: list[Draft] = []
        refused = _beyond(messages, request.source)
        for raw in messages[:MOST_MESSAGES]:
            try:
                drafts.append(_draft(kind, request, envelope, raw))
            except (InvalidEventError, PayloadTooLargeError) as error:
                if kind != BATCH:
                    raise
                refused.append(_reject(error, request.source, bytes(raw)))
        self._recorder.record(drafts)
        self._keep(refused, request)

    def _keep(self, rejects: list[Reject], request: Request) -> None:
        if rejects:
            self._rejects.keep(rejects, request.received_at)


def unzipped(body: bytes) -> bytes:
    """The body, gunzipped when its bytes are gzip whatever its headers say; never more than the limit and a byte."""
    if body.startswith(_MANGLED):
        raise InvalidRequestError(
            "The gzip body was mangled on its way; please send it without gzip.", "gzip_mangled"
        )
    if not body.startswith(_GZIP):
        return body
    try:
        return zlib.decompressobj(wbits=31).decompress(body, LARGEST_BODY + 1)
    except zlib.error:
        raise InvalidRequestError("The body is no gzip.", "invalid_gzip") from None


def _read(body: bytes) -> tuple[bytes, _Envelope]:
    """The body as proper JSON, and its envelope."""
    try:
        return body, msgspec.json.decode(body, type=_Envelope)
    except msgspec.ValidationError as error:
        # msgspec names the field and the types, never the value.
        raise InvalidRequestError(f"A field has the wrong type: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        mended = _mended(body)
    if mended == body:
        raise InvalidRequestError("The body is not JSON.", "invalid_json")
    return _read(mended)


def _mended(body: bytes) -> bytes:
    """JSON of what browsers call JSON: half an emoji becomes `?`, NaN becomes null; the body itself if it is none.

    So one text that was cut in the middle of an emoji does not refuse the batch around it.
    """
    try:
        value = json.loads(body, parse_constant=lambda _: None)
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return body


def _messages(kind: str, body: bytes, envelope: _Envelope) -> list[msgspec.Raw]:
    if kind != BATCH:
        return [msgspec.Raw(body)]
    if envelope.batch is None:
        raise InvalidRequestError("A batch call needs a list named batch.", "missing_batch")
    return envelope.batch


def _key_of_messages(messages: list[msgspec.Raw]) -> str:
    """The write key of the first message: some browser SDKs put it only there."""
    try:
        return (messages and msgspec.json.decode(messages[0], type=_Keyed).write_key) or ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _beyond(messages: list[msgspec.Raw], source: str) -> list[Reject]:
    """What a batch holds beyond its bound, as one reject that is a batch itself: a write for each would never end."""
    beyond = messages[MOST_MESSAGES:]
    error = InvalidEventError("A batch holds at most 2,500 messages.", "batch_too_long")
    return [_reject(error, source, msgspec.json.encode({"batch": beyond}))] if beyond else []


def _draft(kind: str, request: Request, envelope: _Envelope, raw: msgspec.Raw) -> Draft:
    if len(bytes(raw)) > LARGEST_MESSAGE:
        raise PayloadTooLargeError("A message holds at most 32 KB.", "event_too_large")
    if kind != BATCH:
        return translate_message(raw, request, kind)
    return translate_message(raw, request, "", envelope.context, envelope.sent_at or "")


def _reject(error: RegularsError, source: str, raw: bytes) -> Reject:
    return Reject(error.code, str(error), f"{CHANNEL}/{source}", raw)
