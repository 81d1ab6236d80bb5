"""The ledger's stream to profiles: exactly-once effect whatever the order, the repetition and the crashes."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

from regulars.domain.errors import ConcurrentUpdateError, LedgerLaggingError, StoreBusyError
from regulars.domain.events import encode_event
from regulars.identity.grouping import Share, shares, subjects_of
from regulars.identity.profile_lookup import Whereabouts, locate
from regulars.profiles.write import update_person
from regulars.store.profile_stores import ProfileStores
from regulars.store.rejects import Reject
from regulars.transport.logging import log_failure
from regulars.transport.stream_events import Batch, Change

SOURCE = "events stream"


def update_profiles(batch: Batch, stores: ProfileStores, now: datetime) -> int:
    """Bring the profiles of everybody in the batch up to date; the number of persons is returned.

    What can never be folded is set aside as a reject. A fault worth retrying is raised once everybody else is done;
    the whole batch may then be given again.
    """
    rejects = [
        Reject(code="unreadable_record", reason=record.reason, source=SOURCE, raw=record.raw)
        for record in batch.unreadable
    ]
    persons, view = _looked_up(batch.changes, stores)
    faults: list[Exception] = []
    _update_all(persons, stores, view, rejects, faults)
    if rejects:
        stores.rejects.store_rejects(rejects, now)
    if faults:
        raise faults[0]
    return len(persons)


def _looked_up(
    changes: Sequence[Change], stores: ProfileStores
) -> tuple[list[Share], Whereabouts | None]:
    """Everybody in the batch and their whereabouts in a few calls; without the latter when one is unreadable."""
    try:
        pointers = stores.people.read_pointers(subjects_of(changes))
        persons = shares(changes, pointers)
        return persons, locate(stores, persons, pointers)
    except Exception as error:
        if _worth_retrying(error):
            raise
        return shares(changes, {}), None


def _update_all(
    persons: Iterable[Share],
    stores: ProfileStores,
    view: Whereabouts | None,
    rejects: list[Reject],
    faults: list[Exception],
) -> None:
    for share in persons:
        try:
            update_person(share, stores, view)
        except Exception as error:  # noqa: BLE001 (a poison record stops nobody)
            if _worth_retrying(error):
                faults.append(error)
            elif len(share.events) > 1:
                _update_all(share.single(), stores, None, rejects, faults)
            else:
                log_failure(error, "update_profiles")
                rejects.append(_reject(share, error))


def _worth_retrying(error: Exception) -> bool:
    if isinstance(error, ClientError):
        # DynamoDB's word for an item it will never take, such as one over 400 KB.
        return error.response["Error"]["Code"] != "ValidationException"
    return isinstance(
        error, BotoCoreError | ConcurrentUpdateError | LedgerLaggingError | StoreBusyError
    )


def _reject(share: Share, error: Exception) -> Reject:
    reason = f"A profile could not be updated: {type(error).__name__}."
    event = next(iter(share.events), None)
    if event is None:
        return Reject(
            code="unfoldable_event",
            reason=reason,
            source=SOURCE,
            raw=" ".join(share.subjects).encode(),
        )
    return Reject(
        code="unfoldable_event", reason=reason, source=event.source, raw=encode_event(event)
    )
