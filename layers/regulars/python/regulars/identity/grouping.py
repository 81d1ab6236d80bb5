"""Group the changes of a batch into those that concern the same subjects or orders, so that each group is updated by itself."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from regulars.domain.events import Event
from regulars.domain.identity_statements import facts_of, list_named_subjects
from regulars.domain.stream_changes import EventChange
from regulars.identity.connected_names import ConnectedNames
from regulars.identity.links import find_worthless_subjects
from regulars.store.profiles import SubjectIdentity


class EventGroup(msgspec.Struct, frozen=True):
    """Changes that share subjects or orders."""

    changes: tuple[EventChange, ...]

    @property
    def events(self) -> tuple[Event, ...]:
        """The events as they are now."""
        return tuple({change.event.id: change.event for change in self.changes}.values())

    @property
    def rewritten(self) -> tuple[EventChange, ...]:
        """The changes that replaced an event."""
        return tuple(change for change in self.changes if change.before)

    def split_by_change(self) -> "list[EventGroup]":
        """Return one group per change, to find the event that cannot be folded."""
        return [EventGroup((change,)) for change in self.changes]


def group_changes(changes: Iterable[EventChange]) -> list[EventGroup]:
    """Return the changes in groups; those that concern no subject and no order are left out."""
    connected = ConnectedNames()
    named_changes = [(change, names) for change in changes if (names := _list_names(change))]
    for _, names in named_changes:
        connected.join_names(names)
    groups: dict[str, list[EventChange]] = {}
    for change, names in named_changes:
        groups.setdefault(connected.find_root(names[0]), []).append(change)
    return [EventGroup(tuple(group)) for group in groups.values()]


def collect_subjects(changes: Iterable[EventChange]) -> set[str]:
    """Return every subject of these changes, before and after each change."""
    return {name for event in _list_events(changes) for name in list_concerned_subjects(event)}


def list_concerned_subjects(event: Event) -> frozenset[str]:
    """Return the subjects that an event names, in a statement or in a decision of the owner."""
    return facts_of(event).list_subjects()


def belongs_to_profile(event: Event) -> bool:
    """Return whether an event is counted in a profile: it has a subject and is no test."""
    return bool(event.subjects) and not event.test


def choose_holder(event: Event, identities: Mapping[str, SubjectIdentity]) -> str:
    """Return the subject under which an event is counted: the strongest that it names and that is not worthless.

    `identities` holds those of the named subjects. Return '' for an event that is not counted.
    """
    if not belongs_to_profile(event):
        return ""
    subjects = list_named_subjects(event)
    valid = (subject for subject in subjects if not is_worthless(identities.get(subject)))
    return next(valid, subjects[0])


def is_worthless(identity: SubjectIdentity | None) -> bool:
    """Return whether a subject names too many people to name one."""
    return identity is not None and identity.subject in find_worthless_subjects(identity.facts)


def _list_events(changes: Iterable[EventChange]) -> Iterator[Event]:
    return (event for change in changes for event in (change.event, change.before) if event)


def _list_names(change: EventChange) -> list[str]:
    names: set[str] = set()
    for event in _list_events([change]):
        names |= list_concerned_subjects(event)
        if event.order and not event.test:
            names.add(f"order#{event.order.key}")
    return sorted(names)
