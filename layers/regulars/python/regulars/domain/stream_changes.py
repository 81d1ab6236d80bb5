"""Changes of the ledger, as its stream delivers them in batches."""

import msgspec

from regulars.domain.events import Event


class EventChange(msgspec.Struct, frozen=True):
    """An event that was stored; `before` is the event that it replaced, if any."""

    event: Event
    before: Event | None = None


class UnreadableRecord(msgspec.Struct, frozen=True):
    """A stream record that holds no event, and the reason."""

    reason: str
    raw: bytes


class ChangeBatch(msgspec.Struct, frozen=True):
    """All changes of one invocation."""

    changes: tuple[EventChange, ...] = ()
    unreadable: tuple[UnreadableRecord, ...] = ()
