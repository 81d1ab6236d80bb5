"""Build the sample request of a source, with the events that it should become."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import msgspec

from regulars.admin.deployment import Deployment
from regulars.admin.errors import UnusableSecretError
from regulars.admin.sources import SourceStores, build_public_url
from regulars.channels.contract import Draft, Request
from regulars.channels.registry import load_channel
from regulars.domain.errors import RegularsError
from regulars.store.ledger import Ledger
from regulars.store.parameters import SourceSecrets
from regulars.store.rejects import Rejects
from regulars.store.sources import Source


@dataclass(frozen=True, kw_only=True)
class SampleStores:
    """The stores that show the outcome of a sample, and the defaults of the function that receives it."""

    sources: SourceStores
    ledger: Ledger
    rejects: Rejects
    default_country: str
    default_currency: str

    @classmethod
    def from_deployment(cls, deployment: Deployment) -> Self:
        """Open the stores of a deployment."""
        return cls(
            sources=SourceStores.from_deployment(deployment),
            ledger=Ledger(deployment.events_table),
            rejects=Rejects(deployment.rejects_table),
            default_country=deployment.default_country,
            default_currency=deployment.default_currency,
        )


class SampleRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The sample request, the drafts that it should become, and its events that the ledger held before."""

    request: Request
    is_signed: bool
    drafts: list[Draft] = []
    reject_code: str = ""
    stored_before: frozenset[str] = frozenset()


def build_sample_request(
    stores: SampleStores, source: Source, secrets: SourceSecrets
) -> SampleRequest:
    """Return the sample of a source; unsigned, if only the provider can sign it."""
    blank = _build_blank_request(stores, source, secrets)
    request = _build_signed_request(blank, source, secrets)
    if request is None:
        headers = {"content-type": "application/json"}
        unsigned = msgspec.structs.replace(blank, headers=headers)
        return SampleRequest(request=unsigned, is_signed=False)
    try:
        drafts = load_channel(source.channel).translate(request)
    except RegularsError as error:
        return SampleRequest(request=request, is_signed=True, reject_code=error.code)
    stored_before = frozenset(find_stored_types(stores.ledger, drafts))
    return SampleRequest(
        request=request, is_signed=True, drafts=drafts, stored_before=stored_before
    )


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


def find_stored_types(ledger: Ledger, drafts: Sequence[Draft]) -> dict[str, str]:
    """Return the types of the drafts' events that the ledger holds, by the id of the event."""
    return {
        event.id: event.type for event in ledger.read_events([draft.event.id for draft in drafts])
    }
