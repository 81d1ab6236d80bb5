"""The ledger's stream to the lake: every event once or more, in files by the day they were received."""

from datetime import datetime

from regulars.domain.events import Event
from regulars.store.lake import Lake
from regulars.store.rejects import Reject, Rejects
from regulars.transport.stream_events import Batch


def archive_events(batch: Batch, lake: Lake, rejects: Rejects, now: datetime) -> int:
    """Write a batch to the lake, one object for each day received, and set aside what is no event.

    The number of events is returned. The same batch again replaces the same objects; any fault of the stores is
    raised, so that the batch comes again.
    """
    unreadable = [
        Reject(
            code="unreadable_record", reason=record.reason, source="events stream", raw=record.raw
        )
        for record in batch.unreadable
    ]
    if unreadable:
        rejects.store_rejects(unreadable, now)
    days: dict[str, list[Event]] = {}
    for change in batch.changes:
        days.setdefault(change.event.received_at[:10], []).append(change.event)
    for day, events in days.items():
        lake.archive_events(day, events)
    return len(batch.changes)
