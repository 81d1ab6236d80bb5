"""The ledger's stream to the lake: every event once or more, in files by the day they were received."""

from datetime import datetime

from regulars.domain.events import Event
from regulars.domain.stream_changes import ChangeBatch
from regulars.store.lake import Lake
from regulars.store.rejects import Reject, Rejects


def archive_events(batch: ChangeBatch, lake: Lake, rejects: Rejects, now: datetime) -> int:
    """Write a batch to the lake, one object for each day received, and set aside what is no event.

    The number of events is returned. The same batch again replaces the same objects; any fault of the stores is
    raised, so that the batch comes again.
    """
    unreadable = [
        Reject("unreadable_record", record.reason, "events stream", record.raw)
        for record in batch.unreadable
    ]
    if unreadable:
        rejects.keep(unreadable, now)
    days: dict[str, list[Event]] = {}
    for change in batch.changes:
        days.setdefault(change.event.received_at[:10], []).append(change.event)
    for day, events in days.items():
        lake.archive(day, events)
    return len(batch.changes)
