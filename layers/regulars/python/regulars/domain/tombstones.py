"""Keep erased people erased: recognise what happened before an erasure, in whatever way and however late it arrives."""

from collections.abc import Mapping

import msgspec

from regulars.domain.events import Event
from regulars.domain.identity_statements import DECISION_EVENT_TYPE, list_named_subjects
from regulars.domain.stream_changes import ChangeBatch, EventChange

DECISION_SIDES = ("left", "right")


class Tombstones(msgspec.Struct, frozen=True):
    """The subjects of erased people, each with the time of its erasure (RFC 3339).

    What happened later is a new person with the same identifier. `worthless` subjects, which name nobody, stand beside
    erased ones in events.
    """

    erased_at: Mapping[str, str] = {}
    worthless: frozenset[str] = frozenset()

    def list_erased(self, event: Event) -> frozenset[str]:
        """Return the subjects that the event names and that were erased after it happened."""
        if not self.erased_at:
            return frozenset()
        at = time_of_origin(event)
        named = self.erased_at.keys() & list_all_subjects(event)
        return frozenset(subject for subject in named if at <= self.erased_at[subject])

    def covers(self, event: Event) -> bool:
        """Return whether the event names a person who was erased after it happened."""
        return bool(self.list_erased(event))

    def redact(self, event: Event) -> Event | None:
        """Return what remains of an event: without the erased subjects that it names.

        Return None for one that counts for an erased person, or says nothing without one.
        """
        erased = self.list_erased(event)
        if not erased:
            return event
        return None if self._belongs_to(event, erased) else strip_subjects(event, erased)

    def drop_erased(self, batch: ChangeBatch) -> ChangeBatch:
        """Return the changes whose event names no erased person.

        What an event said about erased people before it was rewritten is left out, too.
        """
        if not self.erased_at:
            return batch
        changes = tuple(
            EventChange(change.event, self._strip_before(change.before))
            for change in batch.changes
            if not self.covers(change.event)
        )
        return ChangeBatch(changes, batch.unreadable)

    def _belongs_to(self, event: Event, erased: frozenset[str]) -> bool:
        if event.type == DECISION_EVENT_TYPE:
            return any(erased.issuperset(event.properties.get(side, ())) for side in DECISION_SIDES)
        subjects = list_named_subjects(event)
        valid = (subject for subject in subjects if subject not in self.worthless)
        return next(valid, event.subject) in erased or erased.issuperset(list_all_subjects(event))

    def _strip_before(self, before: Event | None) -> Event | None:
        return strip_subjects(before, self.list_erased(before)) if before else None


def time_of_origin(event: Event) -> str:
    """Return when an event happened, and for an order when it was placed: an update of an old order is old data.

    Return '' for history without an order: a list of customers that is imported later says of nobody that they came back.
    """
    if event.backfill and not event.order:
        return ""
    placed_at = event.order.placed_at if event.order else ""
    return min(event.occurred_at, placed_at or event.occurred_at)


def list_all_subjects(event: Event) -> frozenset[str]:
    """Return every subject in an event: of persons, of the addresses of consents, of a decision about people."""
    decided = (event.properties.get(side, ()) for side in DECISION_SIDES)
    sides = decided if event.type == DECISION_EVENT_TYPE else ()
    addresses = (change.address for change in event.consents if change.address)
    return frozenset(event.subjects).union(addresses, *sides)


def strip_subjects(event: Event, subjects: frozenset[str]) -> Event:
    """Return the event without these subjects, and without what it says about them alone."""
    if not subjects:
        return event
    properties = dict(event.properties)
    if event.type == DECISION_EVENT_TYPE:
        for side in DECISION_SIDES:
            names = properties.get(side, ())
            properties[side] = [name for name in names if name not in subjects]
    return msgspec.structs.replace(
        event,
        subjects=tuple(subject for subject in event.subjects if subject not in subjects),
        consents=tuple(one for one in event.consents if one.address not in subjects),
        properties=properties,
    )
