"""The ledger's stream to profiles: exactly-once effect whatever the order, the repetition and the crashes."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

from regulars.domain.errors import ConcurrentUpdateError, LedgerLaggingError, StoreBusyError
from regulars.domain.events import encode
from regulars.domain.isolation import Failure, isolate
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.identity.grouping import Share, shares, subjects_of
from regulars.identity.profile_lookup import Whereabouts, locate
from regulars.profiles.write import update_person
from regulars.store.profile_stores import Stores
from regulars.store.rejects import Reject
from regulars.transport.logging import log_failure

SOURCE = "events stream"


def update_profiles(batch: ChangeBatch, stores: Stores, now: datetime) -> int:
    """Bring the profiles of everybody in the batch up to date; the number of persons is returned.

    What can never be folded is set aside as a reject. A fault worth retrying is raised once everybody else is done;
    the whole batch may then be given again.
    """
    rejects = [
        Reject("unreadable_record", record.reason, SOURCE, record.raw)
        for record in batch.unreadable
    ]
    persons, view = _looked_up(batch.changes, stores)
    failures = _update_persons(persons, stores, view)
    faults = [failure.error for failure in failures if _worth_retrying(failure.error)]
    rejects += [_reject(*failure) for failure in failures if not _worth_retrying(failure.error)]
    if rejects:
        stores.rejects.keep(rejects, now)
    if faults:
        raise faults[0]
    return len(persons)


def _looked_up(
    changes: Sequence[EventChange], stores: Stores
) -> tuple[list[Share], Whereabouts | None]:
    """Everybody in the batch and their whereabouts in a few calls; without the latter when one is unreadable."""
    try:
        pointers = stores.people.pointers(subjects_of(changes))
        persons = shares(changes, pointers)
        return persons, locate(stores, persons, pointers)
    except Exception as error:
        if _worth_retrying(error):
            raise
        return shares(changes, {}), None


def _update_persons(
    persons: Iterable[Share], stores: Stores, view: Whereabouts | None
) -> list[Failure[Share, Exception]]:
    """Update each person by itself, and event by event where that fails for good; return what still fails."""

    def update(share: Share) -> tuple[()]:
        update_person(share, stores, view)
        return ()

    remaining: list[Failure[Share, Exception]] = []
    for failure in isolate(persons, update, Exception).failures:
        if len(failure.item.events) > 1 and not _worth_retrying(failure.error):
            remaining += _update_persons(failure.item.single(), stores, None)
        else:
            remaining.append(failure)
    return remaining


def _worth_retrying(error: Exception) -> bool:
    if isinstance(error, ClientError):
        # DynamoDB's word for an item it will never take, such as one over 400 KB.
        return error.response["Error"]["Code"] != "ValidationException"
    return isinstance(
        error, BotoCoreError | ConcurrentUpdateError | LedgerLaggingError | StoreBusyError
    )


def _reject(share: Share, error: Exception) -> Reject:
    log_failure(error, "update_profiles")
    reason = f"A profile could not be updated: {type(error).__name__}."
    event = next(iter(share.events), None)
    if event is None:
        return Reject("unfoldable_event", reason, SOURCE, " ".join(share.subjects).encode())
    return Reject("unfoldable_event", reason, event.source, encode(event))
