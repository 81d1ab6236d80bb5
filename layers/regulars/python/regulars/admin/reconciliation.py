"""Runs the reconciliation now, and reads how far each provider was read."""

from typing import Any

import msgspec

from regulars.admin.function_calls import FunctionInvoker
from regulars.channels.registry import FEED_PROVIDERS
from regulars.ingestion.reconciliation.source_run import SourceOutcome
from regulars.store.reconciliations import Reconciliations
from regulars.store.sources import Source

RECONCILE_FUNCTION = "reconcile_sources"


class FeedFault(msgspec.Struct, frozen=True):
    """The reason why one feed of a source cannot be read, and the time of the first failure."""

    code: str
    reason: str
    since: str


class ReconciliationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The last run for one source: when it was, what it recorded, and the `faults` by the name of the feed."""

    at: str
    new: int
    known: int
    rejected: int
    faults: dict[str, FeedFault]


def read_status(reconciliations: Reconciliations, source: Source) -> ReconciliationStatus | None:
    """Return the last run for a source; None when its provider cannot be read or never was."""
    if source.channel not in FEED_PROVIDERS:
        return None
    state = reconciliations.read_reconciliation(source.channel, source.source)
    faults = {
        name: FeedFault(walk.fault, walk.reason, walk.faulty_since)
        for name, walk in state.walks.items()
        if walk.fault
    }
    if not state.ran_at:
        return None
    return ReconciliationStatus(
        at=state.ran_at, new=state.new, known=state.known, rejected=state.rejected, faults=faults
    )


def run_reconciliation(invoker: FunctionInvoker, only: str = "") -> list[SourceOutcome]:
    """Read the providers of all sources, or `only` those of a channel or a `<channel>/<source>`.

    Raise FunctionFailedError when the function fails; what it recorded until then is durable.
    """
    payload: Any = invoker.require_payload(RECONCILE_FUNCTION, {"only": only})
    return msgspec.convert(payload["sources"], list[SourceOutcome])
