"""Webhooks: verified on their very bytes, translated, recorded; what is refused is kept with its reason."""

from datetime import datetime

import msgspec

from regulars.channels import CHANNELS
from regulars.channels.contract import Channel, Request
from regulars.domain.errors import InvalidEventError, NotFoundError, RegularsError
from regulars.ingestion.recording import Recorder
from regulars.store.parameters import Parameters
from regulars.store.rejects import Reject, Rejects
from regulars.store.sources import Sources

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
        may_exist = channel in CHANNELS and len(request.source) <= LONGEST_SOURCE
        source = self._sources.find(channel, request.source) if may_exist else None
        if source is None:
            error = NotFoundError("There is no such source.")
            self._keep(error, channel, request)
            raise error
        return msgspec.structs.replace(request, config=source.config)

    def receive(self, channel: str, request: Request, now: datetime) -> Receipt:
        """Record one delivery of a configured source; when this returns, it is durable.

        A sender that is refused (SignatureError, InvalidRequestError) may try again. What we make nothing of is set
        aside and taken as received, since sending it again would not help; Shopify ends a subscription after eight
        refusals.
        """
        try:
            return self._record(CHANNELS[channel], request, now)
        except InvalidEventError as error:
            self._keep(error, channel, request)
            return Receipt(rejected=error.code)
        except RegularsError as error:
            self._keep(error, channel, request)
            raise

    def _record(self, module: Channel, request: Request, now: datetime) -> Receipt:
        secrets = self._parameters.secrets(module.CHANNEL, request.source)
        module.verify(request, secrets, now)
        recorded = self._recorder.record(module.translate(request))
        return Receipt(len(recorded.new), len(recorded.known))

    def _keep(self, error: RegularsError, channel: str, request: Request) -> None:
        reject = Reject(error.code, str(error), f"{channel}/{request.source}", request.body)
        self._rejects.keep([reject], request.received_at)
