"""Webhooks: verified on their very bytes, translated, recorded; what is refused is kept with its reason."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from regulars.channels.contract import Draft, PartlyInvalidError, Reply, Request
from regulars.channels.registry import CHANNELS, load_channel
from regulars.domain.errors import (
    ForbiddenError,
    InvalidEventError,
    NotFoundError,
    PayloadTooLargeError,
    RegularsError,
    SignatureError,
    SourceWaitingError,
)
from regulars.ingestion.isolation import translating
from regulars.ingestion.recording import Recorder
from regulars.store.parameters import Parameters
from regulars.store.rejects import Reject, Rejects, StoredDelivery
from regulars.store.sources import Source, Sources

LARGEST_BODY = 4 * 1024 * 1024  # far over what any provider sends; Lambda itself takes 6 MB
LONGEST_SOURCE = 128  # characters; a key of the store holds 2 KB


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a delivery that was taken: `rejected` is the code under which it was set aside."""

    new: int = 0
    known: int = 0
    rejected: str = ""


class Webhooks:
    """Receives deliveries of webhooks."""

    def __init__(
        self, sources: Sources, parameters: Parameters, recorder: Recorder, rejects: Rejects
    ) -> None:
        self._sources = sources
        self._parameters = parameters
        self._recorder = recorder
        self._rejects = rejects

    def configured(self, channel: str, request: Request) -> Request:
        """The request with what its source has set up; NotFoundError when there is no such source."""
        try:
            source = self._source(channel, request)
        except RegularsError as error:
            self._keep(error, channel, request)
            raise
        return self._set_up(request, source)

    def answer(self, channel: str, request: Request, now: datetime) -> Reply | None:
        """The reply to a handshake or a probe, which is not recorded; None for a delivery."""
        answer_handshake = load_channel(channel).answer_handshake
        if answer_handshake is None:
            return None
        try:
            _, reply = self._tried(
                lambda each, secrets: answer_handshake(each, secrets, now), channel, request
            )
        except RegularsError as error:
            self._keep(error, channel, request)
            if isinstance(error, SignatureError):
                raise ForbiddenError(str(error)) from error
            raise
        return reply

    def receive(self, channel: str, request: Request, now: datetime) -> Receipt:
        """Record one delivery of a configured source; when this returns, it is durable.

        A sender that is refused (SignatureError, SourceWaitingError, InvalidRequestError) may try again. What we make
        nothing of is set aside and taken as received, since sending it again would not help; Shopify ends a
        subscription after eight refusals.
        """
        try:
            request, _ = self._tried(
                lambda each, secrets: _verify(channel, each, secrets, now), channel, request
            )
        except RegularsError as error:
            self._keep(error, channel, request)
            raise
        return self._translated(channel, request)

    def replay(self, channel: str, request: Request, *, verified: bool) -> Receipt:
        """Receive again what was refused once, by today's secrets and translation; nothing is kept a second time.

        What was `verified` when it came is not verified again, since its secret may be gone by now.
        """
        request = self._set_up(request, self._source(channel, request))
        if not verified:
            secrets = self._secrets(channel, request)
            _verify(channel, request, secrets, request.received_at)
        receipt, invalid = self._recorded(channel, request)
        if invalid:
            raise invalid
        return receipt

    def _source(self, channel: str, request: Request) -> Source:
        may_exist = channel in CHANNELS and len(request.source) <= LONGEST_SOURCE
        source = self._sources.find_source(channel, request.source) if may_exist else None
        if source is None:
            raise NotFoundError("There is no such source.")
        if len(request.body) > LARGEST_BODY:
            raise PayloadTooLargeError("A delivery holds at most 4 MB.")
        return source

    def _translated(self, channel: str, request: Request) -> Receipt:
        try:
            receipt, invalid = self._recorded(channel, request)
        except RegularsError as error:
            self._keep(error, channel, request, verified=True)
            raise
        if invalid:
            self._keep(invalid, channel, request, verified=True)
        return receipt

    def _recorded(self, channel: str, request: Request) -> tuple[Receipt, InvalidEventError | None]:
        """What was recorded, and why the rest can never be."""
        drafts, invalid = _drafts(channel, request)
        try:
            recorded = self._recorder.record(drafts)
        except InvalidEventError as error:
            return Receipt(rejected=error.code), error
        code = invalid.code if invalid else ""
        return Receipt(len(recorded.new), len(recorded.known), code), invalid

    def _set_up(self, request: Request, source: Source) -> Request:
        config = source.config | self._parameters.read_credentials(source.channel, source.source)
        url = config.get("url") or request.url
        return msgspec.structs.replace(request, config=config, url=url)

    def _tried[T](
        self, check: Callable[[Request, Sequence[str]], T], channel: str, request: Request
    ) -> tuple[Request, T]:
        """What a check finds; where it fails, with what the source has set up by now, such as a newer secret."""
        secrets = self._secrets(channel, request)
        try:
            return request, check(request, secrets)
        except SignatureError:
            newer, newest = self._renewed(channel, request)
            if (newer, newest) == (request, secrets):
                raise
        return newer, check(newer, newest)

    def _renewed(self, channel: str, request: Request) -> tuple[Request, tuple[str, ...]]:
        self._parameters.renew_source_secrets(channel, request.source)
        source = self._sources.renew_source(channel, request.source)
        newer = self._set_up(request, source) if source else request
        return newer, self._secrets(channel, request)

    def _secrets(self, channel: str, request: Request) -> tuple[str, ...]:
        return self._parameters.read_signing_secrets(channel, request.source)

    def _keep(
        self, error: RegularsError, channel: str, request: Request, *, verified: bool = False
    ) -> None:
        delivery = StoredDelivery(
            method=request.method,
            url=request.url,
            raw_query=request.raw_query,
            headers=request.headers,
            verified=verified,
        )
        source = f"{channel}/{request.source}"
        reject = Reject(
            code=error.code, reason=str(error), source=source, raw=request.body, delivery=delivery
        )
        self._rejects.store_rejects([reject], request.received_at)


def _verify(channel: str, request: Request, secrets: Sequence[str], now: datetime) -> None:
    if not secrets and load_channel(channel).needs_secret:
        raise SourceWaitingError
    load_channel(channel).verify(request, secrets, now)


def _drafts(channel: str, request: Request) -> tuple[Sequence[Draft], InvalidEventError | None]:
    try:
        with translating():
            return load_channel(channel).translate(request), None
    except PartlyInvalidError as error:
        return error.drafts, error
    except InvalidEventError as error:
        return (), error
