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
    StoreBusyError,
    UnauthorizedError,
)
from regulars.domain.isolation import Isolated
from regulars.domain.trust import SERVER_TRUST
from regulars.ingestion.order_claims import OrderClaims
from regulars.ingestion.recording import Recorder
from regulars.ingestion.tracking_calls import BATCH_KIND, TrackingCall, list_unique_keys, parse_call
from regulars.ingestion.tracking_rejects import (
    UNKNOWN_SENDER,
    build_call_reject,
    build_excess_rejects,
    build_message_rejects,
)
from regulars.ingestion.tracking_senders import Sender, find_sender
from regulars.ingestion.translation import isolate_translation
from regulars.store.api_keys import ApiKeys
from regulars.store.ledger import RecordedEvents
from regulars.store.refused_calls import CallKind
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
        token of the SDK's own. A refused call is stored as a reject before its error is raised. Of a call without a
        known key nothing is stored: it is counted.
        """
        call = TrackingCall(
            kind=kind, body=request.body, keys=list_unique_keys(header_key, url_key)
        )
        try:
            call = parse_call(kind, request.body, header_key, url_key)
            sender = find_sender(self._keys, call.keys)
        except RegularsError as error:
            self._refuse_call(error, call, request)
            raise
        if sender is None:
            self._count_stranger(call, request)
            if not call.keys:
                raise UnauthorizedError("A write key is missing.")
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

    def _refuse_call(self, error: RegularsError, call: TrackingCall, request: Request) -> None:
        if any(map(self._keys.authenticate, call.keys)):
            refused_call = msgspec.structs.replace(call, body=request.body)
            self._store_rejects([build_call_reject(error, UNKNOWN_SENDER, refused_call)], request)
        else:
            self._count_stranger(call, request)

    def _count_stranger(self, call: TrackingCall, request: Request) -> None:
        kind: CallKind = "unknown_key" if call.keys else "without_key"
        self._rejects.count_call(kind, request.received_at)

    def _receive_call(self, call: TrackingCall, request: Request, sender: Sender) -> None:
        try:
            self._record_messages(call, request, sender)
        except RegularsError as error:
            original_call = msgspec.structs.replace(call, body=request.body)
            self._store_rejects([build_call_reject(error, sender, original_call)], request, sender)
            raise

    def _record_messages(
        self, call: TrackingCall, request: Request, sender: Sender
    ) -> RecordedEvents:
        translation = _translate_messages(call, request, sender)
        if call.kind != BATCH_KIND:
            translation.raise_first_failure()
        recorded = self._record_drafts(translation.results, request, sender)
        excess = build_excess_rejects(call, sender, MAX_BATCH_MESSAGES)
        refused = build_message_rejects(translation.failures, sender, call)
        self._store_rejects([*excess, *refused], request, sender)
        return recorded

    def _record_drafts(
        self, drafts: Sequence[Draft], request: Request, sender: Sender
    ) -> RecordedEvents:
        marked_drafts = self._claims.mark_claims(drafts, sender.orders, request.received_at)
        return self._recorder.record(marked_drafts)

    def _store_rejects(
        self, rejects: list[Reject], request: Request, sender: Sender = UNKNOWN_SENDER
    ) -> None:
        """Store the rejects; while the store is at its limit, raise StoreBusyError for a server, which sends them again.

        A browser's are counted then: anybody could make its good messages wait.
        """
        if not rejects:
            return
        try:
            self._rejects.store_rejects(rejects, request.received_at)
        except StoreBusyError:
            if sender.trust == SERVER_TRUST:
                raise
            self._rejects.count_call("over_limit", request.received_at)


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
