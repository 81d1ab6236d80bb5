"""The tracking API: a good message is recorded, a bad one kept with its reason, and neither holds the other up."""

import json
import zlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec

from regulars.channels.contract import Draft, Request
from regulars.channels.tracking.messages import CHANNEL, translate_message
from regulars.domain.errors import (
    ForbiddenError,
    InvalidEventError,
    InvalidRequestError,
    PayloadTooLargeError,
    RegularsError,
    UnauthorizedError,
)
from regulars.domain.isolation import Isolated
from regulars.ingestion.recording import Recorder
from regulars.ingestion.translation import isolate_translation
from regulars.store.api_keys import ApiKey, Keys, digest
from regulars.store.ledger import Recorded
from regulars.store.rejects import Delivery, Reject, Rejects, Shared

# Bytes after gunzip. In binary units, as the 32 KB of a message: Python SDKs close a batch after the message that makes
# it pass 475,000 bytes, so that it may hold 508,000.
LARGEST_BODY = 500 * 1024
LARGEST_MESSAGE = 32 * 1024
MOST_MESSAGES = 2500
LARGEST_SHARED = 2 * 1024  # bytes that a batch may repeat with each message it refuses
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


class _Call(msgspec.Struct, frozen=True):
    """One call of `/v1/<kind>`: proper JSON, its messages, and the keys it showed anywhere."""

    kind: str
    body: bytes
    messages: tuple[msgspec.Raw, ...] = ()
    shared: Shared = Shared()
    keys: tuple[str, ...] = ()


class Tracking:
    """Receives calls of the tracking API."""

    def __init__(self, keys: Keys, recorder: Recorder, rejects: Rejects) -> None:
        self._keys = keys
        self._recorder = recorder
        self._rejects = rejects

    def receive(self, kind: str, request: Request, header_key: str, url_key: str) -> None:
        """Record the messages of one call of `/v1/<kind>`; when this returns, all of it is durable.

        Its write key is the first one known: of the header, the body, its messages, the URL. Each may be '', and
        a header may hold a token of the SDK's own. A refused call is kept as a reject before its error is raised.
        """
        try:
            call = _read_call(kind, request.body, header_key, url_key)
            source = self._source(call.keys)
        except RegularsError as error:
            keys = _shown(header_key, url_key)
            self._keep([_refused(error, "", _Call(kind, request.body, keys=keys))], request)
            raise
        if source is None:
            self._keep(_of_a_stranger(call), request)
        else:
            self._receive(call, msgspec.structs.replace(request, source=source))

    def replay(self, kind: str, request: Request, shared: Shared | None) -> Recorded:
        """Receive again a refused call, or the one message of a batch, for the source that the request names.

        What is refused again of a batch is kept by itself, anything else raised.
        """
        if shared is not None:
            call = _Call(BATCH, request.body, (msgspec.Raw(request.body),), shared)
            translation = _translate_messages(call, request)
            translation.raise_first_failure()
            return self._recorder.record(translation.results)
        return self._record(_read_call(kind, request.body), request)

    def _source(self, shown: tuple[str, ...]) -> str | None:
        if not shown:
            raise UnauthorizedError("A write key is missing.")
        known = next(filter(None, map(self._keys.authenticate, shown)), None)
        return None if known is None else source_of(known)

    def _receive(self, call: "_Call", request: Request) -> None:
        try:
            self._record(call, request)
        except RegularsError as error:
            whole = msgspec.structs.replace(call, body=request.body)
            self._keep([_refused(error, request.source, whole)], request)
            raise

    def _record(self, call: "_Call", request: Request) -> Recorded:
        translation = _translate_messages(call, request)
        if call.kind != BATCH:
            translation.raise_first_failure()
        refused = [
            *_beyond(call, request.source),
            *(
                _refused_message(error, request.source, call, raw)
                for raw, error in translation.failures
            ),
        ]
        recorded = self._recorder.record(translation.results)
        self._keep(refused, request)
        return recorded

    def _keep(self, rejects: list[Reject], request: Request) -> None:
        if rejects:
            self._rejects.keep(rejects, request.received_at)


def source_of(key: ApiKey) -> str:
    """Under which source its events are kept; ForbiddenError when it is no write key."""
    if key.scope != "write":
        raise ForbiddenError("This key may not write.")
    return key.source or key.label or "default"


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
    """The first write key that a message shows: some browser SDKs put it only there."""
    return next(filter(None, map(_key_of_message, messages)), "")


def _key_of_message(message: msgspec.Raw) -> str:
    try:
        return msgspec.json.decode(message, type=_Keyed).write_key or ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _shown(*keys: str | None) -> tuple[str, ...]:
    """The keys of a call, each once, in the order in which SDKs mean them."""
    return tuple(dict.fromkeys(key for key in keys if key))


def _read_call(kind: str, body: bytes, header_key: str = "", url_key: str = "") -> _Call:
    body = unzipped(body)
    if len(body) > LARGEST_BODY:
        raise PayloadTooLargeError("A call holds at most 500 KB.")
    body, envelope = _read(body)
    messages = _messages(kind, body, envelope)
    shared = Shared(envelope.sent_at or "", envelope.context or {})
    # Servers' SDKs show their key in a header alone: then no message need be read for it.
    in_body = envelope.write_key or (_key_of_messages(messages) if b"writeKey" in body else "")
    return _Call(kind, body, tuple(messages), shared, _shown(header_key, in_body, url_key))


def _of_a_stranger(call: _Call) -> list[Reject]:
    error = InvalidEventError("No key is known by this text.", "unknown_write_key")
    if call.kind != BATCH:
        return [_refused(error, "", call)]
    messages = call.messages[:MOST_MESSAGES]
    return [*(_refused_message(error, "", call, raw) for raw in messages), *_beyond(call, "")]


def _beyond(call: _Call, source: str) -> list[Reject]:
    """What a batch holds beyond its bound, as one reject that is a batch itself: a write for each would never end."""
    beyond = call.messages[MOST_MESSAGES:]
    if not beyond:
        return []
    error = InvalidEventError("A batch holds at most 2,500 messages.", "batch_too_long")
    said = {"sentAt": call.shared.sent_at, "context": call.shared.context}
    body = {"batch": beyond} | {name: value for name, value in said.items() if value}
    return [_refused(error, source, msgspec.structs.replace(call, body=msgspec.json.encode(body)))]


def _translate_messages(
    call: _Call, request: Request
) -> Isolated[msgspec.Raw, Draft, InvalidEventError | PayloadTooLargeError]:
    return isolate_translation(
        call.messages[:MOST_MESSAGES],
        partial(_translate_message, call, request),
        (InvalidEventError, PayloadTooLargeError),
    )


def _translate_message(call: _Call, request: Request, raw: msgspec.Raw) -> Iterator[Draft]:
    if len(bytes(raw)) > LARGEST_MESSAGE:
        raise PayloadTooLargeError("A message holds at most 32 KB.", "event_too_large")
    if call.kind != BATCH:
        yield translate_message(raw, request, call.kind)
    else:
        yield translate_message(raw, request, "", call.shared.context, call.shared.sent_at)


def _refused(
    error: RegularsError, source: str, call: _Call, shared: Shared | None = None
) -> Reject:
    # The last one: what stands before a key in the body may be a token that nobody registers.
    key = digest(call.keys[-1]) if call.keys else ""
    delivery = Delivery(url=f"/v1/{call.kind}", key=key, shared=shared)
    return Reject(error.code, str(error), f"{CHANNEL}/{source}", call.body, delivery)


def _refused_message(error: RegularsError, source: str, call: _Call, raw: msgspec.Raw) -> Reject:
    """One message of a batch, with what the batch says of all of them unless that is too much to repeat."""
    shared = call.shared
    if len(msgspec.json.encode(shared)) > LARGEST_SHARED:
        shared = Shared(context=None)
    return _refused(error, source, msgspec.structs.replace(call, body=bytes(raw)), shared)
