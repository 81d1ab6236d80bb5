"""Update profiles from the ledger's stream: each event counts exactly once at any sequence, repetition and crash."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

from regulars.domain.errors import ConcurrentUpdateError, LedgerLaggingError, StoreBusyError
from regulars.domain.events import encode_event
from regulars.domain.isolation import Failure, isolate
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.identity.grouping import PersonBatch, collect_subjects, group_by_person
from regulars.identity.profile_lookup import ProfileLookup, look_up_profiles
from regulars.profiles.write import update_person
from regulars.store.profile_stores import ProfileStores
from regulars.store.rejects import Reject
from regulars.transport.logging import log_failure

STREAM_SOURCE = "events stream"


def update_profiles(batch: ChangeBatch, stores: ProfileStores, now: datetime) -> int:
    """Update the profiles of all persons in the batch; return the number of persons.

    Store what can never be folded as rejects. Raise the first retryable error after all other persons are done; the
    whole batch may then be delivered again.
    """
    rejects = [
        Reject(code="unreadable_record", reason=record.reason, source=STREAM_SOURCE, raw=record.raw)
        for record in batch.unreadable
    ]
    persons, lookup = _look_up_persons(batch.changes, stores)
    failures = _update_persons(persons, stores, lookup)
    errors = [failure.error for failure in failures if _is_retryable(failure.error)]
    rejects += [_to_reject(*failure) for failure in failures if not _is_retryable(failure.error)]
    if rejects:
        stores.rejects.store_rejects(rejects, now)
    if errors:
        raise errors[0]
    return len(persons)


def _look_up_persons(
    changes: Sequence[EventChange], stores: ProfileStores
) -> tuple[list[PersonBatch], ProfileLookup | None]:
    """Return the persons of the batch and their profiles, read in a few calls; no profiles when one is unreadable."""
    try:
        pointers = stores.people.read_pointers(collect_subjects(changes))
        persons = group_by_person(changes, pointers)
        return persons, look_up_profiles(stores, persons, pointers)
    except Exception as error:
        if _is_retryable(error):
            raise
        return group_by_person(changes, {}), None


def _update_persons(
    persons: Iterable[PersonBatch], stores: ProfileStores, lookup: ProfileLookup | None
) -> list[Failure[PersonBatch, Exception]]:
    """Update each person by itself, or event by event after a permanent error; return what failed in the end."""

    def update(batch: PersonBatch) -> tuple[()]:
        update_person(batch, stores, lookup)
        return ()

    final_failures: list[Failure[PersonBatch, Exception]] = []
    for failure in isolate(persons, update, Exception).failures:
        if len(failure.item.events) > 1 and not _is_retryable(failure.error):
            final_failures += _update_persons(failure.item.split_by_event(), stores, None)
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


def _to_reject(batch: PersonBatch, error: Exception) -> Reject:
    log_failure(error, "update_profiles")
    event = next(iter(batch.events), None)
    return Reject(
        code="unfoldable_event",
        reason=f"A profile could not be updated: {type(error).__name__}.",
        source=event.source if event else STREAM_SOURCE,
        raw=encode_event(event) if event else " ".join(batch.subjects).encode(),
    )
