"""Update profiles from the ledger's stream: each event counts exactly once at any sequence, repetition and crash."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

from regulars.domain.errors import ConcurrentUpdateError, LedgerLaggingError, StoreBusyError
from regulars.domain.events import encode_event
from regulars.domain.isolation import Failure, isolate
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.identity.grouping import EventGroup, collect_subjects, group_changes
from regulars.profiles.write import update_group
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import SubjectItems
from regulars.store.rejects import Reject
from regulars.transport.logging import log_failure

STREAM_SOURCE = "events stream"


def update_profiles(batch: ChangeBatch, stores: ProfileStores, now: datetime) -> int:
    """Update what the changes of the batch concern; return the number of independent groups of changes.

    Store what can never be folded as rejects. Raise the first retryable error after all other groups are done; the
    whole batch may then be delivered again.
    """
    rejects = [
        Reject(code="unreadable_record", reason=record.reason, source=STREAM_SOURCE, raw=record.raw)
        for record in batch.unreadable
    ]
    groups = group_changes(batch.changes)
    failures = _update_groups(groups, stores, _read_subjects(batch.changes, stores))
    errors = [failure.error for failure in failures if _is_retryable(failure.error)]
    rejects += [_to_reject(*failure) for failure in failures if not _is_retryable(failure.error)]
    if rejects:
        stores.rejects.store_rejects(rejects, now)
    if errors:
        raise errors[0]
    return len(groups)


def _read_subjects(changes: Sequence[EventChange], stores: ProfileStores) -> SubjectItems | None:
    """Return all subjects of the batch, read in a few calls; None when one of them is unreadable."""
    try:
        return stores.profiles.read_subjects(collect_subjects(changes))
    except Exception as error:
        if _is_retryable(error):
            raise
        return None


def _update_groups(
    groups: Iterable[EventGroup], stores: ProfileStores, items: SubjectItems | None
) -> list[Failure[EventGroup, Exception]]:
    """Update each group by itself, or change by change after a permanent error; return what failed in the end."""

    def update(group: EventGroup) -> tuple[()]:
        update_group(group, stores, items)
        return ()

    final_failures: list[Failure[EventGroup, Exception]] = []
    for failure in isolate(groups, update, Exception).failures:
        if len(failure.item.changes) > 1 and not _is_retryable(failure.error):
            final_failures += _update_groups(failure.item.split_by_change(), stores, None)
        else:
            final_failures.append(failure)
    return final_failures


def _is_retryable(error: Exception) -> bool:
    if isinstance(error, ClientError):
        # DynamoDB reports an item that it can never store, such as one over 400 KB, as a ValidationException.
        return error.response["Error"]["Code"] != "ValidationException"
    return isinstance(
        error, BotoCoreError | ConcurrentUpdateError | LedgerLaggingError | StoreBusyError
    )


def _to_reject(group: EventGroup, error: Exception) -> Reject:
    log_failure(error, "update_profiles")
    event = group.events[0]
    return Reject(
        code="unfoldable_event",
        reason=f"A profile could not be updated: {type(error).__name__}.",
        source=event.source,
        raw=encode_event(event),
    )
