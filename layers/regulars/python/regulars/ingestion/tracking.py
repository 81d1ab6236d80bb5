"""Receive calls of the tracking API: record each valid message, and store each invalid one as a reject."""

from collections.abc import Iterator, Sequence
from functools import partial

import msgspec

from regulars.channels.contract import Draft, Request
from regulars.channels.tracking.messages import translate_message
from regulars.domain.errors import (
    InvalidEventError,
    PayloadTooLargeError,
    RegularsError,
    UnauthorizedError,
)
from regulars.domain.isolation import Isolated
from regulars.ingestion.order_claims import OrderClaims
from regulars.ingestion.recording import Recorder
from regulars.ingestion.tracking_calls import BATCH_KIND, TrackingCall, list_unique_keys, parse_call
from regulars.ingestion.tracking_rejects import (
    UNKNOWN_SENDER,
    build_call_reject,
    build_excess_rejects,
    build_message_reject,
    build_unknown_key_rejects,
)
from regulars.ingestion.tracking_senders import Sender, find_sender
from regulars.ingestion.translation import isolate_translation
from regulars.store.api_keys import ApiKeys
from regulars.store.ledger import RecordedEvents
from regulars.store.rejects import BatchFields, Reject, Rejects

MAX_MESSAGE_BYTES = 32 * 1024
MAX_BATCH_MESSAGES = 2500


class TrackingReceiver:
    """Receives calls of the tracking API."""

    def __init__(
        self, keys: ApiKeys, recorder: Recorder, rejects: Rejects, claims: OrderClaims
    ) -> None:
        self._keys = keys
        self._claims = claims
        self._recorder = recorder
        self._rejects = rejects

    def receive(self, kind: str, request: Request, header_key: str, url_key: str) -> None:
        """Record the messages of one call of `/v1/<kind>`; when this returns, all of it is durable.

        The key is the first known one of: header, body, messages, URL. Each may be '', and a header may hold a
        token of the SDK's own. A refused call is stored as a reject before its error is raised.
        """
        try:
            call = parse_call(kind, request.body, header_key, url_key)
            if not call.keys:
                raise UnauthorizedError("A write key is missing.")
            sender = find_sender(self._keys, call.keys)
        except RegularsError as error:
            self._reject_call(error, kind, request, list_unique_keys(header_key, url_key))
            raise
        if sender is None:
            self._store_rejects(build_unknown_key_rejects(call, MAX_BATCH_MESSAGES), request)
        else:
            self._receive_call(call, request, sender)

    def replay(
        self, kind: str, request: Request, shared: BatchFields | None, sender: Sender
    ) -> RecordedEvents:
        """Receive a rejected call again, or one message of a batch, from its sender.

        Messages of a batch that are refused again are stored as rejects; any other error is raised.
        """
        if shared is None:
            return self._record_messages(parse_call(kind, request.body), request, sender)
        message = msgspec.Raw(request.body)
        call = TrackingCall(kind=BATCH_KIND, body=request.body, messages=(message,), shared=shared)
        translation = _translate_messages(call, request, sender)
        translation.raise_first_failure()
        return self._record_drafts(translation.results, request, sender)

    def _reject_call(
        self, error: RegularsError, kind: str, request: Request, keys: tuple[str, ...]
    ) -> None:
        refused_call = TrackingCall(kind=kind, body=request.body, keys=keys)
        self._store_rejects([build_call_reject(error, UNKNOWN_SENDER, refused_call)], request)

    def _receive_call(self, call: TrackingCall, request: Request, sender: Sender) -> None:
        try:
            self._record_messages(call, request, sender)
        except RegularsError as error:
            original_call = msgspec.structs.replace(call, body=request.body)
            self._store_rejects([build_call_reject(error, sender, original_call)], request)
            raise

    def _record_messages(
        self, call: TrackingCall, request: Request, sender: Sender
    ) -> RecordedEvents:
        translation = _translate_messages(call, request, sender)
        if call.kind != BATCH_KIND:
            translation.raise_first_failure()
        rejects = build_excess_rejects(call, sender, MAX_BATCH_MESSAGES)
        rejects += [
            build_message_reject(error, sender, call, message)
            for message, error in translation.failures
        ]
        recorded = self._record_drafts(translation.results, request, sender)
        self._store_rejects(rejects, request)
        return recorded

    def _record_drafts(
        self, drafts: Sequence[Draft], request: Request, sender: Sender
    ) -> RecordedEvents:
        marked_drafts = self._claims.mark_claims(drafts, sender.orders, request.received_at)
        return self._recorder.record(marked_drafts)

    def _store_rejects(self, rejects: list[Reject], request: Request) -> None:
        if rejects:
            self._rejects.store_rejects(rejects, request.received_at)


def _translate_messages(
    call: TrackingCall, request: Request, sender: Sender
) -> Isolated[msgspec.Raw, Draft, InvalidEventError | PayloadTooLargeError]:
    request = msgspec.structs.replace(request, source=sender.source)
    return isolate_translation(
        call.messages[:MAX_BATCH_MESSAGES],
        partial(_translate_message, call, request, sender.trust),
        (InvalidEventError, PayloadTooLargeError),
    )


def _translate_message(
    call: TrackingCall, request: Request, trust: str, message: msgspec.Raw
) -> Iterator[Draft]:
    if len(bytes(message)) > MAX_MESSAGE_BYTES:
        raise PayloadTooLargeError("A message holds at most 32 KB.", "event_too_large")
    if call.kind != BATCH_KIND:
        yield translate_message(message, request, call.kind, trust=trust)
    else:
        shared = call.shared
        yield translate_message(message, request, "", shared.context, shared.sent_at, trust)
