"""Receive webhooks: verify the bytes as sent, translate and record them, and store what is refused with its reason."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import msgspec

from regulars.channels.contract import Reply, Request
from regulars.channels.registry import load_channel
from regulars.channels.signatures.shared_secret import TOKEN_PARAMETER
from regulars.domain.errors import (
    ForbiddenError,
    InvalidEventError,
    NotFoundError,
    RegularsError,
    SignatureError,
    SourceWaitingError,
    StoreBusyError,
)
from regulars.ingestion.recording import Recorder
from regulars.ingestion.translation import delivery_reject, translate_deliveries
from regulars.ingestion.webhook_sources import WebhookSources
from regulars.store.rejects import Rejects


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result of an accepted delivery: new and known events, and the code of what was rejected."""

    new: int = 0
    known: int = 0
    rejected: str = ""


class NextPage(msgspec.Struct, frozen=True):
    """The page that a browser opens after it sent a form; '' when the source has none."""

    url: str


class ProbeReply(msgspec.Struct, frozen=True):
    """The reply to a provider that checks whether the address exists."""


type WebhookReply = Reply | NextPage | Receipt | ProbeReply


class WebhookReceiver:
    """Receives deliveries of webhooks."""

    def __init__(self, sources: WebhookSources, recorder: Recorder, rejects: Rejects) -> None:
        self._sources = sources
        self._recorder = recorder
        self._rejects = rejects

    def handle(self, channel: str, request: Request) -> WebhookReply:
        """Reply to one request for a source's webhook; when this returns, a delivery is durable.

        Raise NotFoundError for an unknown source and for a GET that carries a delivery, ForbiddenError for a refused
        handshake, SignatureError, SourceWaitingError or InvalidRequestError for a refused delivery, which the sender may
        send again. Each refused request to a source is stored as a reject first; one to an unknown source is counted. A
        delivery that can never be accepted is stored as a reject too, but acknowledged, since sending it again does not
        help; Shopify ends a subscription after eight refusals.
        """
        with self._store_refusal(channel, request):
            request = self._sources.configure_request(channel, request)
        if handshake := self._answer_handshake(channel, request):
            return handshake
        if request.method != "POST":
            return _probe_reply(request)
        receipt = self._receive_delivery(channel, request)
        return _delivery_reply(channel, request, receipt)

    def replay(self, channel: str, request: Request, *, verified: bool) -> Receipt:
        """Receive a rejected delivery again, with today's secrets and translation; raise what is refused again.

        A delivery that was `verified` when it arrived is not verified again: its secret may no longer be live.
        """
        request = self._sources.configure_request(channel, request)
        if not verified:
            secrets = self._sources.find_secrets(channel, request)
            _verify_delivery(channel, request, secrets, request.received_at)
        receipt, error = self._record_delivery(channel, request)
        if error:
            raise error
        return receipt

    def _answer_handshake(self, channel: str, request: Request) -> Reply | None:
        """Return the reply to a handshake, which is not recorded; None for a delivery."""
        answer = load_channel(channel).answer_handshake
        if answer is None:
            return None
        try:
            with self._store_refusal(channel, request):
                _, reply = self._sources.check_request(
                    channel,
                    request,
                    lambda request, secrets: answer(request, secrets, request.received_at),
                )
        except SignatureError as error:
            raise ForbiddenError(str(error)) from error
        return reply

    def _receive_delivery(self, channel: str, request: Request) -> Receipt:
        with self._store_refusal(channel, request):
            request, _ = self._sources.check_request(
                channel,
                request,
                lambda request, secrets: _verify_delivery(
                    channel, request, secrets, request.received_at
                ),
            )
        with self._store_refusal(channel, request, verified=True):
            receipt, error = self._record_delivery(channel, request)
        if error:
            self._store_reject(channel, request, error, verified=True)
        return receipt

    def _record_delivery(
        self, channel: str, request: Request
    ) -> tuple[Receipt, InvalidEventError | None]:
        """Return the receipt, and the error of what can never be accepted."""
        drafts, failures = translate_deliveries(channel, [request], InvalidEventError)
        try:
            recorded = self._recorder.record(drafts)
        except InvalidEventError as error:
            return Receipt(rejected=error.code), error
        invalid = failures[0].error if failures else None
        code = invalid.code if invalid else ""
        return Receipt(len(recorded.new), len(recorded.known), code), invalid

    @contextmanager
    def _store_refusal(
        self, channel: str, request: Request, *, verified: bool = False
    ) -> Iterator[None]:
        """Store the request as a reject when an error refuses it; count one to a source that does not exist."""
        try:
            yield
        except NotFoundError:
            self._rejects.count_call("unknown_source", request.received_at)
            raise
        except RegularsError as error:
            self._store_reject(channel, request, error, verified=verified)
            raise

    def _store_reject(
        self, channel: str, request: Request, error: RegularsError, *, verified: bool
    ) -> None:
        """Store a reject; while the store is at its limit, raise StoreBusyError for a genuine delivery and count the other.

        A provider sends it again; a stranger would only fill the store.
        """
        reject = delivery_reject(channel, request, error, verified=verified)
        try:
            self._rejects.store_rejects([reject], request.received_at)
        except StoreBusyError:
            if verified:
                raise
            self._rejects.count_call("over_limit", request.received_at)


def _verify_delivery(channel: str, request: Request, secrets: Sequence[str], now: datetime) -> None:
    if not secrets and load_channel(channel).needs_secret:
        raise SourceWaitingError
    load_channel(channel).verify(request, secrets, now)


def _probe_reply(request: Request) -> ProbeReply:
    """Return the reply to a GET or HEAD; raise NotFoundError for a delivery in a GET's query, which is not recorded."""
    if request.method == "GET" and request.query.keys() - {TOKEN_PARAMETER}:
        raise NotFoundError("Deliveries are taken by POST.")
    return ProbeReply()


def _delivery_reply(channel: str, request: Request, receipt: Receipt) -> WebhookReply:
    contract = load_channel(channel)
    if contract.find_next_page and "text/html" in request.headers.get("accept", ""):
        return NextPage(contract.find_next_page(request))
    return contract.reply or receipt
