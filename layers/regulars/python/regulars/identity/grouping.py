"""Which changes of a batch belong to one person, so that each person is folded and written once."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import msgspec

from regulars.domain.events import Event
from regulars.domain.profiles import by_strength
from regulars.domain.stream_changes import EventChange


class Share(msgspec.Struct, frozen=True):
    """One person's part of a batch: the subjects that belong together by its events.

    `refold` says that an event already counted may have changed, so that adding is not enough.
    """

    subjects: tuple[str, ...]
    events: tuple[Event, ...] = ()
    refold: bool = False

    def single(self) -> "list[Share]":
        """One share per event, to find the one that cannot be folded."""
        return [Share(event.subjects, (event,), self.refold) for event in self.events]


class Components:
    """Sets of names that belong together (union-find)."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def join(self, names: Sequence[str]) -> None:
        """Put these names, and all that already belong to them, into one set."""
        for name in names:
            self._parents[self.root(name)] = self.root(names[0])

    def root(self, name: str) -> str:
        """The name that stands for the set this one is in."""
        parent = self._parents.setdefault(name, name)
        while parent != self._parents[parent]:
            self._parents[name] = parent = self._parents[parent]
        return parent


def shares(changes: Iterable[EventChange], pointers: Mapping[str, str]) -> list[Share]:
    """The batch by person: subjects joined by an event or pointing at the same profile are one."""
    parts = list(chain.from_iterable(map(_parts, changes)))
    components = Components()
    for part in parts:
        components.join([*part.subjects, *filter(None, map(pointers.get, part.subjects))])
    persons: dict[str, list[Share]] = {}
    for part in parts:
        persons.setdefault(components.root(part.subjects[0]), []).append(part)
    return [_together(person) for person in persons.values()]


def subjects_of(changes: Iterable[EventChange]) -> set[str]:
    """Every subject that a batch names, now or before a change."""
    events = [event for change in changes for event in (change.event, change.before) if event]
    return {subject for event in events for subject in event.subjects}


def counts(event: Event) -> bool:
    """Whether an event belongs to a profile: somebody is known, and it was no test."""
    return bool(event.subjects) and not event.test


def _parts(change: EventChange) -> Iterable[Share]:
    event, before = change.event, change.before
    if counts(event):
        yield Share(event.subjects, (event,), refold=before is not None)
    # What a changed event no longer says must leave the profile it was counted in.
    if before and counts(before) and not (counts(event) and before.subject == event.subject):
        yield Share((before.subject,), refold=True)


def _together(parts: Sequence[Share]) -> Share:
    events = {event.id: event for part in parts for event in part.events}
    return Share(
        by_strength(subject for part in parts for subject in part.subjects),
        tuple(events.values()),
        any(part.refold for part in parts),
    )
