"""Read what the lake's events say about identity: one statement for all events with the same subjects and evidence."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from regulars.domain.events import Event, OrderFact
from regulars.domain.identity_facts import IdentityFacts
from regulars.domain.identity_statements import DECISION_EVENT_TYPE, facts_of, list_named_subjects
from regulars.domain.trust import trust_of
from regulars.learning.datasets.lake_database import LakeDatabase

_LINK_EVENT_TYPES = {True: "Aliased", False: ""}


class LoneStatement(msgspec.Struct, frozen=True, array_like=True):
    """A statement about a person of one subject: its number, the subject and the trust."""

    statement: int
    subject: str
    trust: int


class KnownEvent(msgspec.Struct, frozen=True, array_like=True):
    """An event with the time from which it is known, in epoch seconds, and its statement (0: a decision of the owner).

    `subjects` are those that the event names, strongest first.
    """

    known_at: int
    statement: int
    event: Event
    subjects: tuple[str, ...]

    @property
    def trust(self) -> int:
        """The trust of the statement, as a number; a lower one is stronger."""
        return int(trust_of(self.event))

    @property
    def facts(self) -> IdentityFacts:
        """What the event says about identity."""
        return facts_of(self.event)

    @property
    def joint_names(self) -> tuple[str, ...]:
        """The subjects that the event connects; a decision also connects its id, and that of the decision it undoes."""
        names = list(self.event.subjects)
        for decision in self.facts.decisions.values() if self.statement == 0 else ():
            names += [*decision.subjects, decision.id, decision.undoes]
        return tuple(filter(None, names))


def read_decisions(lake: LakeDatabase) -> list[KnownEvent]:
    """Return the events of the owner's decisions, malformed ones left out."""
    decisions = []
    for row in lake.fetch_rows("decisions"):
        properties = msgspec.json.decode(row["properties"] or "{}")
        event = _build_event(row, type=DECISION_EVENT_TYPE, properties=properties)
        known = KnownEvent(known_at=row["known_at"], statement=0, event=event, subjects=())
        decisions.append(known)
    return [known for known in decisions if known.facts.decisions]


def read_lone_statements(lake: LakeDatabase) -> Iterator[LoneStatement]:
    """Yield the statements about subjects that nothing links to others."""
    for row in lake.fetch_rows("lone_statements"):
        trust = _find_trust(row["source"], row["trust"])
        yield LoneStatement(row["statement"], row["subject"], trust)


def read_linked_statements(lake: LakeDatabase) -> Iterator[KnownEvent]:
    """Yield, for each other statement, the events on which its facts depend at any time."""
    for row in lake.fetch_rows("linked_statements"):
        provider = row["provider"]
        event = _build_event(
            row,
            type=_LINK_EVENT_TYPES[row["is_alias"]],
            subjects=tuple(row["subjects"]),
            order=OrderFact(key=provider, version="") if provider else None,
        )
        yield KnownEvent(
            known_at=row["known_at"],
            statement=row["statement"],
            event=event,
            subjects=list_named_subjects(event),
        )


def _build_event(row: dict[str, Any], **fields: Any) -> Event:
    """Return an event with the fields of a row that count for identity."""
    return Event(
        id=row["id"],
        channel="",
        source=row["source"],
        occurred_at="",
        received_at=row["received_at"],
        trust=row["trust"],
        **fields,
    )


@cache
def _find_trust(source: str, trust: str) -> int:
    event = Event(
        id="", type="", channel="", source=source, occurred_at="", received_at="", trust=trust
    )
    return int(trust_of(event))
