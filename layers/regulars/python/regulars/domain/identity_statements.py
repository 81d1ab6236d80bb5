"""Read what an event says about identity: which identifiers it names together, on which evidence, and what the owner decides.

Facts are a set: adding the same event twice, or events in another order, gives the same facts.
"""

import base64
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import combinations

import msgspec

from regulars.domain.consent import Consents, read_consents, split_consents
from regulars.domain.events import Event
from regulars.domain.identifiers import subject_strength
from regulars.domain.identity_facts import (
    CUSTOMER_LETTER,
    DEVICE_LETTER,
    NO_FACTS,
    IdentityDecision,
    IdentityFacts,
    LinkEvidence,
    SubjectPair,
    is_device,
)
from regulars.domain.trust import Trust, trust_of

DECISION_EVENT_TYPE = "Identity Decided"
_TIE_BITS = 22  # of the event id: with the milliseconds of 2^41 they fit a signed 64-bit integer
_ALIAS_EVENT_TYPE = "Aliased"


def moment_of(event: Event) -> int:
    """Return an integer that sorts statements by the time they were received, then by the beginning of their id."""
    at = datetime.fromisoformat(event.received_at)
    tie = int.from_bytes(base64.urlsafe_b64decode(event.id[:4].ljust(4, "A"))) >> (24 - _TIE_BITS)
    return (round(at.timestamp() * 1000) << _TIE_BITS) | tie


def time_of_moment(moment: int) -> datetime:
    """Return the time of a moment, to the millisecond."""
    return datetime.fromtimestamp((moment >> _TIE_BITS) / 1000, UTC)


def list_named_subjects(event: Event) -> tuple[str, ...]:
    """Return the subjects that an event may name, strongest first.

    A browser may name one identifier of each kind, and devices. Of more it names none but the first, since events of
    earlier versions can hold any number.
    """
    subjects = sorted(set(event.subjects), key=subject_strength)
    if trust_of(event).is_strong:
        return tuple(subjects)
    first_by_kind: dict[str, str] = {}
    for subject in subjects:
        first_by_kind.setdefault(subject[:1], subject)
    return tuple(
        subject
        for subject in subjects
        if subject[:1] == DEVICE_LETTER or first_by_kind[subject[:1]] == subject
    )


def facts_of(event: Event) -> IdentityFacts:
    """Return what one event says about identity; nothing when it is a test."""
    if event.test:
        return NO_FACTS
    if event.type == DECISION_EVENT_TYPE:
        decision = _read_decision(event)
        return IdentityFacts(decisions={decision.id: decision}) if decision else NO_FACTS
    subjects, trust, moment = list_named_subjects(event), trust_of(event), moment_of(event)
    if trust.is_strong:
        # A server that aliases two ids of its own says that they are one: that is not evidence but a decision.
        rank = Trust.OWNER if event.type == _ALIAS_EVENT_TYPE else trust
        evidence = LinkEvidence(strong=(int(rank), moment))
    else:
        evidence = LinkEvidence(browser=moment)
    provider = _name_provider(event)
    return IdentityFacts(
        births=dict.fromkeys(subjects, moment),
        known=frozenset(subjects) if trust.is_strong else frozenset(),
        providers={subject: provider for subject in subjects if subject[:1] == CUSTOMER_LETTER},
        links=dict.fromkeys(_list_pairs(subjects), evidence),
        consents=_read_consents_by_subject(event, subjects) if event.consents else {},
    )


def collect_facts(events: Iterable[Event]) -> IdentityFacts:
    """Return what these events say about identity."""
    return NO_FACTS.combine(*map(facts_of, events))


def _read_consents_by_subject(event: Event, subjects: tuple[str, ...]) -> dict[str, Consents]:
    """Return what an event states about consent, by address; of the whole person under each of its identifiers."""
    persons = [subject for subject in subjects if not is_device(subject)]
    return split_consents(read_consents(event), persons or subjects)


def _list_pairs(subjects: tuple[str, ...]) -> Iterator[SubjectPair]:
    """Yield the pairs of subjects that are no devices, and each device with the strongest subject."""
    persons = [subject for subject in subjects if not is_device(subject)]
    devices = [subject for subject in subjects if is_device(subject)]
    yield from combinations(persons, 2)
    centre = persons[0] if persons else next(iter(devices), "")
    yield from ((centre, device) for device in devices if device != centre)


def _name_provider(event: Event) -> str:
    """Return the provider that numbered the event's customer."""
    store = event.order.key if event.order else event.source
    return store.partition("/")[0]


def _read_decision(event: Event) -> IdentityDecision | None:
    """Return the decision in an event's properties; None when it is not the owner's or malformed."""
    if trust_of(event) is not Trust.OWNER:
        return None
    try:
        return msgspec.convert(
            event.properties | {"id": event.id, "moment": moment_of(event)}, IdentityDecision
        )
    except msgspec.ValidationError:
        return None
