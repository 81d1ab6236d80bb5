"""Remove the events of erased people from the ledger; an event that counts for somebody else stays without their subjects."""

from collections.abc import Iterable, Mapping

import msgspec

from regulars.domain.events import Event
from regulars.domain.identity_statements import DECISION_EVENT_TYPE, list_named_subjects
from regulars.domain.tombstones import (
    DECISION_SIDES,
    Tombstones,
    list_all_subjects,
    strip_subjects,
)
from regulars.identity.grouping import is_worthless
from regulars.store.ledger import Ledger
from regulars.store.profiles import SubjectIdentity


class SweptEvents(msgspec.Struct, frozen=True):
    """The events that name erased people: those to delete, and those to rewrite with what remains of them."""

    deleted: tuple[Event, ...] = ()
    rewritten: tuple[tuple[Event, Event], ...] = ()

    @property
    def events(self) -> tuple[Event, ...]:
        """All of them, as they were."""
        return (*self.deleted, *(before for before, _ in self.rewritten))


def plan_events(
    events: Iterable[Event], tombstones: Tombstones, identities: Mapping[str, SubjectIdentity]
) -> SweptEvents:
    """Return what becomes of events that name erased people; `identities` holds those of all named subjects."""
    deleted, rewritten = [], []
    for event in events:
        erased = tombstones.list_erased(event)
        if _belongs_to(event, erased, identities) or _is_late(event, erased, tombstones):
            deleted.append(event)
        elif erased:
            rewritten.append((event, strip_subjects(event, erased)))
    return SweptEvents(tuple(deleted), tuple(rewritten))


def apply_events(swept: SweptEvents, ledger: Ledger) -> None:
    """Delete and rewrite events; what was rewritten meanwhile is found by the next pass. Raise StoreBusyError."""
    for before, after in swept.rewritten:
        ledger.replace_event(before, after)
    ledger.delete_events([event.id for event in swept.deleted])


def _belongs_to(
    event: Event, erased: frozenset[str], identities: Mapping[str, SubjectIdentity]
) -> bool:
    """Return whether an event counts for an erased person, or says nothing without one."""
    if event.type == DECISION_EVENT_TYPE:
        return any(erased.issuperset(event.properties.get(side, ())) for side in DECISION_SIDES)
    subjects = list_named_subjects(event)
    valid = (subject for subject in subjects if not is_worthless(identities.get(subject)))
    return next(valid, event.subject) in erased or erased.issuperset(list_all_subjects(event))


def _is_late(event: Event, erased: frozenset[str], tombstones: Tombstones) -> bool:
    """Return whether an event came after the erasure, before every door knew of it: it would be dropped now."""
    return any(event.received_at > tombstones.erased_at[subject] for subject in erased)
