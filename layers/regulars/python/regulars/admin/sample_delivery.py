"""Send a signed sample to the public URL of a source, as its provider would, and find its outcome."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Literal

import msgspec

from regulars.admin.delivery_response import DeliveryResponse, post_request
from regulars.admin.errors import SourceWithoutSecretError
from regulars.admin.sample_request import (
    SampleRequest,
    SampleStores,
    build_sample_request,
    find_stored_types,
)
from regulars.admin.sources import decide_source_state, require_source
from regulars.channels.contract import Request
from regulars.domain.timed_cache import ABSENT_SECONDS
from regulars.store.ledger import Ledger
from regulars.store.rejects import Rejects
from regulars.store.sources import CACHE_SECONDS, Source

UNSIGNED_SUFFIX = "missing."  # of the message that refuses a delivery without a signature
# For so long the receiving function remembers that a source or its secret does not exist, or is disabled.
REMEMBERED_SECONDS = {
    "not_found": ABSENT_SECONDS,
    "source_waiting": ABSENT_SECONDS,
    "source_disabled": CACHE_SECONDS,
}

type SampleOutcome = Literal["stored", "known", "set_aside", "reached", "refused"]
type PostRequest = Callable[[Request], DeliveryResponse]


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
    sample = build_sample_request(stores, source, secrets)
    response = post(sample.request)
    seconds = REMEMBERED_SECONDS.get(response.error[0])
    if not source.disabled and seconds:
        sleep(seconds)
        response = post(sample.request)
    _remove_rejects(stores.rejects, source, sample)
    return _assess_response(stores.ledger, source, sample, response)


def _remove_rejects(rejects: Rejects, source: Source, sample: SampleRequest) -> None:
    """Remove what the sample left among the rejects, which the owner reads for real deliveries."""
    today, name = datetime.now(UTC).date(), f"{source.channel}/{source.source}"
    for day in (today.isoformat(), (today - timedelta(days=1)).isoformat()):
        for reject in rejects.list_rejects(day):
            if reject["source"] == name and reject["raw"] == sample.request.body:
                rejects.delete_reject(day, reject["reject_id"])


def _assess_response(
    ledger: Ledger, source: Source, sample: SampleRequest, response: DeliveryResponse
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
    ledger: Ledger, source: Source, sample: SampleRequest, response: DeliveryResponse
) -> tuple[SampleOutcome, tuple[str, ...]]:
    is_unauthorized = response.status == HTTPStatus.UNAUTHORIZED
    if not sample.is_signed and is_unauthorized and UNSIGNED_SUFFIX in response.body:
        return "reached", ()
    if not response.is_success or source.disabled:
        return "refused", ()
    if sample.reject_code:
        return "set_aside", ()
    stored = find_stored_types(ledger, sample.drafts)
    new_types = tuple(stored[id_] for id_ in stored if id_ not in sample.stored_before)
    if new_types:
        return "stored", new_types
    return ("known" if stored else "refused"), tuple(stored.values())
