"""Sends a signed sample to the public URL of a source, as its provider would, and says what became of it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Literal, Self
from urllib.parse import urlencode

import msgspec
import urllib3

from regulars.admin.deployment import Deployment
from regulars.admin.errors import SourceWithoutSecretError, UnreachableUrlError, UnusableSecretError
from regulars.admin.sources import (
    SourceStores,
    build_public_url,
    decide_source_state,
    require_source,
)
from regulars.channels.contract import Draft, Request
from regulars.channels.registry import load_channel
from regulars.domain.errors import RegularsError
from regulars.domain.timed_cache import ABSENT_SECONDS
from regulars.store.ledger import Ledger
from regulars.store.parameters import SourceSecrets
from regulars.store.sources import Source

TIMEOUT_SECONDS = 60.0  # a cold function on a busy laptop unpacks its layers first
MAX_SHOWN_CHARACTERS = 300
UNSIGNED_SUFFIX = "missing."  # of the message that refuses a delivery without a signature
UNKNOWN_FOR_SECONDS = frozenset({"not_found", "source_waiting"})

type SampleOutcome = Literal["stored", "known", "set_aside", "reached", "refused"]
type PostRequest = Callable[[Request], "DeliveryResponse"]


class DeliveryResponse(msgspec.Struct, frozen=True):
    """The HTTP status and the beginning of the body."""

    status: int
    body: str

    @property
    def error(self) -> tuple[str, str]:
        """The code and the message of an error body, each '' when there is none."""
        try:
            fields = msgspec.json.decode(self.body, type=dict[str, object])
        except msgspec.DecodeError:
            return "", ""
        return str(fields.get("code", "")), str(fields.get("message", ""))

    @property
    def is_success(self) -> bool:
        """Whether the delivery was accepted."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


class SampleResult(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a sample delivery.

    `outcome` is stored (new in the ledger), known (stored before), set_aside (accepted and stored as a reject, as this
    sample is meant to be), reached (only the provider can sign: the unsigned sample was refused as it must be) or
    refused. `event_types` are those in the ledger, `reject_code` says why a sample is set aside. `is_disabled` says that
    the source is disabled: then an accepted sample is refused too, because it should not have been accepted.
    """

    channel: str
    name: str
    outcome: SampleOutcome
    response: DeliveryResponse
    event_types: tuple[str, ...] = ()
    reject_code: str = ""
    is_disabled: bool = False

    @property
    def is_accepted(self) -> bool:
        """Whether what the provider sends will be accepted."""
        return self.outcome != "refused"


@dataclass(frozen=True, kw_only=True)
class SampleStores:
    """The stores that show the outcome of a sample, and the defaults of the function that receives it."""

    sources: SourceStores
    ledger: Ledger
    default_country: str
    default_currency: str

    @classmethod
    def from_deployment(cls, deployment: Deployment) -> Self:
        """Open the stores of a deployment."""
        return cls(
            sources=SourceStores.from_deployment(deployment),
            ledger=Ledger(deployment.events_table),
            default_country=deployment.default_country,
            default_currency=deployment.default_currency,
        )


class _Sample(msgspec.Struct, frozen=True, kw_only=True):
    """The sample request, the drafts that it should become, and its events that the ledger held before."""

    request: Request
    is_signed: bool
    drafts: list[Draft] = []
    reject_code: str = ""
    stored_before: frozenset[str] = frozenset()


def send_sample(
    stores: SampleStores,
    channel: str,
    name: str,
    *,
    post: PostRequest | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> SampleResult:
    """Send a sample to a source and return what became of it.

    Raise SourceNotFoundError, SourceWithoutSecretError, UnusableSecretError or UnreachableUrlError.
    """
    post = post or post_request
    source = require_source(stores.sources, channel, name)
    secrets = stores.sources.secrets_of(channel, name)
    if decide_source_state(source, has_secret=bool(secrets)) == "waiting":
        raise SourceWithoutSecretError(channel, name)
    sample = _build_sample(stores, source, secrets)
    response = post(sample.request)
    if not source.disabled and response.error[0] in UNKNOWN_FOR_SECONDS:
        # The receiving function remembers for seconds that a source or its secret does not exist.
        sleep(ABSENT_SECONDS)
        response = post(sample.request)
    return _assess_response(stores.ledger, source, sample, response)


def post_request(request: Request) -> DeliveryResponse:
    """Send a request over HTTP; raise UnreachableUrlError when no server answers."""
    query = request.raw_query or urlencode(request.query)
    try:
        response = urllib3.request(
            request.method,
            f"{request.url}?{query}" if query else request.url,
            headers=request.headers,
            body=request.body,
            timeout=TIMEOUT_SECONDS,
            retries=False,
        )
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        raise UnreachableUrlError(request.url, _mask_query(str(error), query)) from error
    body = response.data.decode(errors="replace")[:MAX_SHOWN_CHARACTERS]
    return DeliveryResponse(response.status, body)


def _mask_query(text: str, query: str) -> str:
    """Some errors quote the whole URL, whose query may hold a secret."""
    return text.replace(query, "…") if query else text


def _build_sample(stores: SampleStores, source: Source, secrets: SourceSecrets) -> _Sample:
    blank = _build_blank_request(stores, source, secrets)
    request = _build_signed_request(blank, source, secrets)
    if request is None:
        headers = {"content-type": "application/json"}
        unsigned = msgspec.structs.replace(blank, headers=headers)
        return _Sample(request=unsigned, is_signed=False)
    try:
        drafts = load_channel(source.channel).translate(request)
    except RegularsError as error:
        return _Sample(request=request, is_signed=True, reject_code=error.code)
    stored_before = frozenset(_find_stored_types(stores.ledger, drafts))
    return _Sample(request=request, is_signed=True, drafts=drafts, stored_before=stored_before)


def _build_blank_request(stores: SampleStores, source: Source, secrets: SourceSecrets) -> Request:
    return Request(
        source=source.source,
        body=b"{}",
        received_at=datetime.now(UTC),
        config=source.config | secrets.credentials,
        default_country=stores.default_country,
        default_currency=stores.default_currency,
        url=build_public_url(stores.sources, source),
    )


def _build_signed_request(blank: Request, source: Source, secrets: SourceSecrets) -> Request | None:
    """Return the sample request; None when only the provider can sign it."""
    build_sample = load_channel(source.channel).build_sample
    secret = secrets.signing[0] if secrets else ""
    try:
        return build_sample(blank, secret) if build_sample else None
    except ValueError as error:
        raise UnusableSecretError(source.channel, source.source, str(error)) from error


def _assess_response(
    ledger: Ledger, source: Source, sample: _Sample, response: DeliveryResponse
) -> SampleResult:
    outcome, event_types = _find_outcome(ledger, source, sample, response)
    return SampleResult(
        channel=source.channel,
        name=source.source,
        outcome=outcome,
        response=response,
        event_types=event_types,
        reject_code=sample.reject_code,
        is_disabled=source.disabled,
    )


def _find_outcome(
    ledger: Ledger, source: Source, sample: _Sample, response: DeliveryResponse
) -> tuple[SampleOutcome, tuple[str, ...]]:
    is_unauthorized = response.status == HTTPStatus.UNAUTHORIZED
    if not sample.is_signed and is_unauthorized and UNSIGNED_SUFFIX in response.body:
        return "reached", ()
    if not response.is_success or source.disabled:
        return "refused", ()
    if sample.reject_code:
        return "set_aside", ()
    stored = _find_stored_types(ledger, sample.drafts)
    new_types = tuple(stored[id_] for id_ in stored if id_ not in sample.stored_before)
    if new_types:
        return "stored", new_types
    return ("known" if stored else "refused"), tuple(stored.values())


def _find_stored_types(ledger: Ledger, drafts: Sequence[Draft]) -> dict[str, str]:
    """Return the types of the drafts' events that the ledger holds, by the id of the event."""
    return {
        event.id: event.type for event in ledger.read_events([draft.event.id for draft in drafts])
    }
