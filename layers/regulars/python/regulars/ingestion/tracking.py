"""Receive calls of the tracking API: record each valid message, and store each invalid one as a reject."""

from collections.abc import Iterator
from functools import partial

import msgspec

from regulars.channels.contract import Draft, Request
from regulars.channels.tracking.messages import CHANNEL_NAME, translate_message
from regulars.domain.errors import (
    ForbiddenError,
    InvalidEventError,
    PayloadTooLargeError,
    RegularsError,
    UnauthorizedError,
)
from regulars.domain.isolation import Isolated
from regulars.ingestion.recording import Recorder
from regulars.ingestion.tracking_calls import BATCH_KIND, TrackingCall, list_unique_keys, parse_call
from regulars.ingestion.translation import isolate_translation
from regulars.store.api_keys import ApiKey, ApiKeys, hash_key_text
from regulars.store.ledger import RecordedEvents
from regulars.store.rejects import BatchFields, Reject, Rejects, StoredDelivery

MAX_MESSAGE_BYTES = 32 * 1024
MAX_BATCH_MESSAGES = 2500
MAX_SHARED_BYTES = 2 * 1024  # of a batch, repeated with each message that is rejected


class TrackingReceiver:
    """Receives calls of the tracking API."""

    def __init__(self, keys: ApiKeys, recorder: Recorder, rejects: Rejects) -> None:
        self._keys = keys
        self._recorder = recorder
        self._rejects = rejects

    def receive(self, kind: str, request: Request, header_key: str, url_key: str) -> None:
        """Record the messages of one call of `/v1/<kind>`; when this returns, all of it is durable.

        The write key is the first known one of: header, body, messages, URL. Each may be '', and a header may hold a
        token of the SDK's own. A refused call is stored as a reject before its error is raised.
        """
        try:
            call = parse_call(kind, request.body, header_key, url_key)
            source = self._find_source(call.keys)
        except RegularsError as error:
            self._reject_call(error, kind, request, list_unique_keys(header_key, url_key))
            raise
        if source is None:
            self._store_rejects(_build_unknown_key_rejects(call), request)
        else:
            self._receive_call(call, msgspec.structs.replace(request, source=source))

    def replay(self, kind: str, request: Request, shared: BatchFields | None) -> RecordedEvents:
        """Receive a rejected call again, or one message of a batch, for the source of the request.

        Messages of a batch that are refused again are stored as rejects; any other error is raised.
        """
        if shared is None:
            return self._record_messages(parse_call(kind, request.body), request)
        message = msgspec.Raw(request.body)
        call = TrackingCall(kind=BATCH_KIND, body=request.body, messages=(message,), shared=shared)
        translation = _translate_messages(call, request)
        translation.raise_first_failure()
        return self._recorder.record(translation.results)

    def _find_source(self, keys: tuple[str, ...]) -> str | None:
        if not keys:
            raise UnauthorizedError("A write key is missing.")
        key = next(filter(None, map(self._keys.authenticate, keys)), None)
        return None if key is None else source_of_key(key)

    def _reject_call(
        self, error: RegularsError, kind: str, request: Request, keys: tuple[str, ...]
    ) -> None:
        refused_call = TrackingCall(kind=kind, body=request.body, keys=keys)
        self._store_rejects([_call_reject(error, "", refused_call)], request)

    def _receive_call(self, call: TrackingCall, request: Request) -> None:
        try:
            self._record_messages(call, request)
        except RegularsError as error:
            original_call = msgspec.structs.replace(call, body=request.body)
            self._store_rejects([_call_reject(error, request.source, original_call)], request)
            raise

    def _record_messages(self, call: TrackingCall, request: Request) -> RecordedEvents:
        translation = _translate_messages(call, request)
        if call.kind != BATCH_KIND:
            translation.raise_first_failure()
        rejects = _build_excess_rejects(call, request.source)
        rejects += [
            _message_reject(error, request.source, call, message)
            for message, error in translation.failures
        ]
        recorded = self._recorder.record(translation.results)
        self._store_rejects(rejects, request)
        return recorded

    def _store_rejects(self, rejects: list[Reject], request: Request) -> None:
        if rejects:
            self._rejects.store_rejects(rejects, request.received_at)


def source_of_key(key: ApiKey) -> str:
    """Return the source of a key's events; raise ForbiddenError when it is no write key."""
    if key.scope != "write":
        raise ForbiddenError("This key may not write.")
    return key.source or key.label or "default"


def _translate_messages(
    call: TrackingCall, request: Request
) -> Isolated[msgspec.Raw, Draft, InvalidEventError | PayloadTooLargeError]:
    return isolate_translation(
        call.messages[:MAX_BATCH_MESSAGES],
        partial(_translate_message, call, request),
        (InvalidEventError, PayloadTooLargeError),
    )


def _translate_message(
    call: TrackingCall, request: Request, message: msgspec.Raw
) -> Iterator[Draft]:
    if len(bytes(message)) > MAX_MESSAGE_BYTES:
        raise PayloadTooLargeError("A message holds at most 32 KB.", "event_too_large")
    if call.kind != BATCH_KIND:
        yield translate_message(message, request, call.kind)
    else:
        yield translate_message(message, request, "", call.shared.context, call.shared.sent_at)


def _build_unknown_key_rejects(call: TrackingCall) -> list[Reject]:
    error = InvalidEventError("No key is known by this text.", "unknown_write_key")
    if call.kind != BATCH_KIND:
        return [_call_reject(error, "", call)]
    messages = call.messages[:MAX_BATCH_MESSAGES]
    rejects = [_message_reject(error, "", call, message) for message in messages]
    return rejects + _build_excess_rejects(call, "")


def _build_excess_rejects(call: TrackingCall, source: str) -> list[Reject]:
    """Return the messages beyond a batch's limit as one reject, which is a batch itself.

    A write for each of them would never end.
    """
    excess = call.messages[MAX_BATCH_MESSAGES:]
    if not excess:
        return []
    error = InvalidEventError("A batch holds at most 2,500 messages.", "batch_too_long")
    shared = {"sentAt": call.shared.sent_at, "context": call.shared.context}
    batch = {"batch": excess} | {name: value for name, value in shared.items() if value}
    excess_call = msgspec.structs.replace(call, body=msgspec.json.encode(batch))
    return [_call_reject(error, source, excess_call)]


def _message_reject(
    error: RegularsError, source: str, call: TrackingCall, message: msgspec.Raw
) -> Reject:
    """Return the reject of one message, with what its batch says of all messages unless that is too large."""
    shared = call.shared
    if len(msgspec.json.encode(shared)) > MAX_SHARED_BYTES:
        shared = BatchFields(context=None)
    message_call = msgspec.structs.replace(call, body=bytes(message))
    return _call_reject(error, source, message_call, shared)


def _call_reject(
    error: RegularsError, source: str, call: TrackingCall, shared: BatchFields | None = None
) -> Reject:
    # The last key: one before it in the request may be a token that nobody registers.
    key = hash_key_text(call.keys[-1]) if call.keys else ""
    delivery = StoredDelivery(url=f"/v1/{call.kind}", key=key, shared=shared)
    return Reject(
        code=error.code,
        reason=str(error),
        source=f"{CHANNEL_NAME}/{source}",
        raw=call.body,
        delivery=delivery,
    )
