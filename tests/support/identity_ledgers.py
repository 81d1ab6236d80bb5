"""Build ledgers of statements and decisions that say who is who."""

from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import strategies as st

from regulars.domain.events import Event, OrderFact, event_id
from regulars.domain.identity_facts import NO_FACTS, IdentityFacts, limit_links, split_facts
from regulars.domain.identity_statements import facts_of
from regulars.domain.link_limits import LINK_LIMITS, LinkLimits
from regulars.identity.people import Person, find_people

SOURCES = {"browser": "segment/web", "server": "segment/api", "verified": "shopify/main"}


def build_statement(
    number: int, trust: str, *subjects: str, second: int | None = None, **fields: Any
) -> Event:
    at = number if second is None else second
    return Event(
        id=event_id(str(number)),
        type="Page Viewed",
        channel="web",
        source=SOURCES.get(trust, "owner/console"),
        occurred_at="2026-11-01T10:00:00.000Z",
        received_at=f"2026-11-01T{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}.000Z",
        subjects=subjects,
        trust="" if trust in {"browser", "verified"} else trust,
        **fields,
    )


def build_decision(number: int, action: str, **sides: Any) -> Event:
    return Event(
        id=event_id(str(number)),
        type="Identity Decided",
        channel="crm",
        source="owner/console",
        occurred_at="2026-11-01T10:00:00.000Z",
        received_at="2026-11-01T10:00:00.000Z",
        trust="owner",
        properties={"action": action, **sides},
    )


SUBJECTS = st.sampled_from([f"{letter}:{number}" for letter in "uuuepppca" for number in range(7)])
STATEMENT_SAMPLES = st.tuples(
    st.sampled_from(["browser", "browser", "server", "verified"]),
    st.lists(SUBJECTS, min_size=1, max_size=4, unique=True),
    st.integers(0, 12),
    st.booleans(),
)
DECISION_SAMPLES = st.tuples(
    st.sampled_from(["join", "separate"]), st.lists(SUBJECTS, min_size=2, max_size=3, unique=True)
)


def build_ledger(
    statements: Sequence[tuple[str, list[str], int, bool]],
    decisions: Sequence[tuple[str, list[str]]],
) -> list[Event]:
    events = [
        build_statement(
            number,
            trust,
            *subjects,
            second=second,
            **({"order": OrderFact(key="stripe/x", version="")} if has_order else {}),
        )
        for number, (trust, subjects, second, has_order) in enumerate(statements)
    ]
    events += [
        build_decision(1000 + number, action, left=subjects[:1], right=subjects[1:])
        for number, (action, subjects) in enumerate(decisions)
    ]
    return events


class StoredFacts:
    """The facts of each subject as they are stored, one event after the other; it counts the subjects that are read."""

    def __init__(self, events: Iterable[Event], limits: LinkLimits = LINK_LIMITS) -> None:
        self.parts: dict[str, IdentityFacts] = {}
        self.read_count = 0
        self._limits = limits
        for event in events:
            for subject, facts in split_facts(facts_of(event)).items():
                combined = self.parts.get(subject, NO_FACTS).combine(facts)
                self.parts[subject] = limit_links(combined, limits)

    def read_facts(self, subjects: frozenset[str]) -> dict[str, IdentityFacts]:
        """Return the facts of the subjects that are stored."""
        self.read_count += len(subjects)
        return {subject: self.parts[subject] for subject in subjects if subject in self.parts}

    def find_person(self, subject: str) -> Person:
        """Return the person of one subject, which is all that the reader knows."""
        return find_people([subject], self.read_facts, self._limits)[subject]

    def count_reads(self, subject: str) -> int:
        """Return the number of subjects that are read to find the person of one."""
        before = self.read_count
        self.find_person(subject)
        return self.read_count - before
