"""Remove the events of erased people from the ledger; an event that counts for somebody else stays without their subjects."""

from collections.abc import Iterable

import msgspec

from regulars.domain.events import Event
from regulars.domain.tombstones import Tombstones
from regulars.store.ledger import Ledger


class SweptEvents(msgspec.Struct, frozen=True):
    """The events that name erased people: those to delete, and those to rewrite with what remains of them."""

    deleted: tuple[Event, ...] = ()
    rewritten: tuple[tuple[Event, Event], ...] = ()

    @property
    def events(self) -> tuple[Event, ...]:
        """All of them, as they were."""
        return (*self.deleted, *(before for before, _ in self.rewritten))


def plan_events(events: Iterable[Event], tombstones: Tombstones) -> SweptEvents:
    """Return what becomes of events that name erased people; the doors do the same to what comes later."""
    deleted, rewritten = [], []
    for event in events:
        redacted = tombstones.redact(event)
        if redacted is None:
            deleted.append(event)
        elif redacted != event:
            rewritten.append((event, redacted))
    return SweptEvents(tuple(deleted), tuple(rewritten))


def apply_events(swept: SweptEvents, ledger: Ledger) -> None:
    """Delete and rewrite events; what was rewritten meanwhile is found by the next pass. Raise StoreBusyError."""
    for before, after in swept.rewritten:
        ledger.replace_event(before, after)
    ledger.delete_events([event.id for event in swept.deleted])
