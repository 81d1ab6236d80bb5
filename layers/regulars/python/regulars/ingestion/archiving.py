"""Archive the ledger's stream in the lake: every event at least once, in files by the day it was received."""

from datetime import datetime

from regulars.domain.events import Event
from regulars.domain.stream_changes import ChangeBatch
from regulars.store.lake import Lake
from regulars.store.rejects import Reject, Rejects


def archive_events(batch: ChangeBatch, lake: Lake, rejects: Rejects, now: datetime) -> int:
    """Write a batch to the lake, one object for each day received, and store unreadable records as rejects.

    Return the number of events. The same batch again replaces the same objects. Any error of a store is raised, so that
    the stream delivers the batch again.
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
