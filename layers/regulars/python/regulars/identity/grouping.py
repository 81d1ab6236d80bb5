"""Group the changes of a batch by person, so that each person is folded and written once."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import msgspec

from regulars.domain.events import Event
from regulars.domain.profiles import sort_by_strength
from regulars.domain.stream_changes import EventChange


class PersonBatch(msgspec.Struct, frozen=True):
    """The part of a batch that belongs to one person: the subjects that its events connect, and the events.

    `refold` is set when an event that was counted may have changed, so that adding events is not enough.
    """

    subjects: tuple[str, ...]
    events: tuple[Event, ...] = ()
    refold: bool = False

    def split_by_event(self) -> "list[PersonBatch]":
        """Return one batch per event, to find the event that cannot be folded."""
        return [PersonBatch(event.subjects, (event,), self.refold) for event in self.events]


class ConnectedNames:
    """Disjoint sets of connected names (union-find)."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def join_names(self, names: Sequence[str]) -> None:
        """Put these names, and all names connected to them, into one set."""
        for name in names:
            self._parents[self.find_root(name)] = self.find_root(names[0])

    def find_root(self, name: str) -> str:
        """Return the name that represents the set of this name."""
        parent = self._parents.setdefault(name, name)
        while parent != self._parents[parent]:
            self._parents[name] = parent = self._parents[parent]
        return parent


def group_by_person(
    changes: Iterable[EventChange], pointers: Mapping[str, str]
) -> list[PersonBatch]:
    """Return the batch by person: subjects that share an event or point at the same profile are one person."""
    parts = list(chain.from_iterable(map(_split_change, changes)))
    connected = ConnectedNames()
    for part in parts:
        profile_ids = filter(None, map(pointers.get, part.subjects))
        connected.join_names([*part.subjects, *profile_ids])
    persons: dict[str, list[PersonBatch]] = {}
    for part in parts:
        persons.setdefault(connected.find_root(part.subjects[0]), []).append(part)
    return [_merge_batches(person_parts) for person_parts in persons.values()]


def collect_subjects(changes: Iterable[EventChange]) -> set[str]:
    """Return every subject of these changes, before and after each change."""
    events = [event for change in changes for event in (change.event, change.before) if event]
    return {subject for event in events for subject in event.subjects}


def belongs_to_profile(event: Event) -> bool:
    """Return whether an event is counted in a profile: it has a subject and is no test."""
    return bool(event.subjects) and not event.test


def _split_change(change: EventChange) -> Iterable[PersonBatch]:
    event, before = change.event, change.before
    if belongs_to_profile(event):
        yield PersonBatch(event.subjects, (event,), refold=before is not None)
    # What a changed event no longer contains must leave the profile in which it was counted.
    if before and belongs_to_profile(before):
        is_same_subject = belongs_to_profile(event) and before.subject == event.subject
        if not is_same_subject:
            yield PersonBatch((before.subject,), refold=True)


def _merge_batches(parts: Sequence[PersonBatch]) -> PersonBatch:
    events = {event.id: event for part in parts for event in part.events}
    return PersonBatch(
        subjects=sort_by_strength(subject for part in parts for subject in part.subjects),
        events=tuple(events.values()),
        refold=any(part.refold for part in parts),
    )
