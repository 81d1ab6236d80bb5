"""Receives rejects again, and marks each that is received; one that fails stops no other."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime

import msgspec

from regulars.admin.errors import NoRejectsSelectedError
from regulars.admin.progress import OnProgress, discard_progress
from regulars.admin.reject_replay import RejectReplayer, find_obstacle
from regulars.admin.rejects import (
    RejectFilter,
    StoredReject,
    count_waiting,
    find_reject,
    find_rejects,
)
from regulars.domain.errors import RegularsError
from regulars.store.rejects import Rejects


class ReplayRefusal(msgspec.Struct, frozen=True):
    """A reject that was refused again or failed, and why."""

    reject_id: str
    source: str
    reason: str


class ReplayReport(msgspec.Struct, frozen=True):
    """The number of rejects by outcome, and the rejects that were refused again."""

    counts: dict[str, int]
    refusals: list[ReplayRefusal]


def select_rejects(
    store: Rejects, today: date, selection: RejectFilter, id_prefix: str = ""
) -> Iterable[StoredReject]:
    """Return the rejects to replay: the one with the id, or those of the source of the filter.

    Raise NoRejectsSelectedError when neither is given, AmbiguousIdError unless exactly one has the id.
    """
    rejects = find_rejects(store, today, selection)
    if id_prefix:
        return [find_reject(rejects, id_prefix)]
    if not selection.source:
        raise NoRejectsSelectedError(count_waiting(rejects))
    return rejects


def replay_rejects(
    store: Rejects,
    replayer: RejectReplayer,
    rejects: Iterable[StoredReject],
    on_progress: OnProgress[int] = discard_progress,
) -> ReplayReport:
    """Receive rejects again, in the order given; `on_progress` is called with the number of counted outcomes."""
    counts: Counter[str] = Counter()
    refusals: list[ReplayRefusal] = []
    for reject in rejects:
        counts.update(_replay_reject(store, replayer, reject, refusals))
        on_progress(counts.total())
    return ReplayReport(dict(counts), refusals)


def _replay_reject(
    store: Rejects, replayer: RejectReplayer, reject: StoredReject, refusals: list[ReplayRefusal]
) -> dict[str, int]:
    if skip_reason := _find_skip_reason(reject):
        return {skip_reason: 1}
    try:
        receipt = replayer.replay(reject)
    except RegularsError as error:
        refusals.append(ReplayRefusal(reject.reject_id, reject.source, str(error)))
        return {f"refused again: {error.code}": 1}
    except Exception as error:  # noqa: BLE001 (one that fails stops no other)
        refusals.append(ReplayRefusal(reject.reject_id, reject.source, type(error).__name__))
        return {f"failed: {type(error).__name__}": 1}
    store.mark_replayed(reject.day, reject.reject_id, datetime.now(UTC))
    return {"received": 1, "new events": receipt.new, "known events": receipt.known}


def _find_skip_reason(reject: StoredReject) -> str:
    return "replayed before" if reject.replayed_at else find_obstacle(reject)
