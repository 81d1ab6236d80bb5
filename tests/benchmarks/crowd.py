"""Draw what a crowd does whose identifiers overlap: identifies, aliases, orders, and the owner's merges, splits and undos."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from regulars.domain.events import Event, OrderFact, event_id
from regulars.domain.times import to_text
from regulars.identity.decisions import build_decision_event

FIRST_TIME = datetime(2026, 11, 1, 10, tzinfo=UTC)
TRUSTS = ("browser", "server", "verified")
KINDS = "uepca"
STEP = timedelta(milliseconds=7)
CIRCLE_PEOPLE = 10  # who use identifiers of each other, and whom the owner merges and splits
STRANGE_SHARE = 0.05  # of the identifiers that somebody uses


def name_subject(letter: str, *parts: object) -> str:
    """Return a subject of a kind, as long as the keyed hash of an identifier."""
    return f"{letter}:{event_id(letter, *map(str, parts))}"


class Crowd:
    """People who have two identifiers of each kind, and sometimes use one of somebody else in their circle."""

    def __init__(self, people: int, seed: int) -> None:
        self._random = random.Random(seed)
        self._people = range(people)
        self._number = 0
        self._decisions: list[Event] = []

    def list_subjects(self) -> list[str]:
        """Return all identifiers of these people."""
        return [
            name_subject(letter, person, number)
            for person in self._people
            for letter in KINDS
            for number in range(2)
        ]

    def draw_events(self, count: int) -> Iterator[Event]:
        """Yield so many events, of which some repeat what was said before."""
        draws = [self._identify] * 10 + [self._alias] * 3 + [self._order] * 3
        draws += [self._merge, self._split, self._undo]
        for _ in range(count):
            self._number += 1
            yield self._random.choice(draws)()

    def _identify(self) -> Event:
        kinds = self._random.sample(KINDS, self._random.randint(1, 3))
        subjects = self._choose_subjects(kinds)
        return self._build_event("Identified", subjects, self._random.choice(TRUSTS))

    def _alias(self) -> Event:
        kinds = self._random.choice(("ua", "uu", "ue", "ea"))
        trust = self._random.choice(TRUSTS[:2])
        return self._build_event("Aliased", self._choose_subjects(kinds), trust)

    def _order(self) -> Event:
        key = f"shop/{self._random.randint(1, 5 * len(self._people))}"
        version = f"{self._number:09}"
        fact = OrderFact(key=key, version=version, total=self._number, currency="EUR")
        subjects = self._choose_subjects(self._random.choice(("ec", "ua", "e", "c", "a")))
        return self._build_event("Order Updated", subjects, self._random.choice(TRUSTS), order=fact)

    def _merge(self) -> Event:
        return self._decide("join")

    def _split(self) -> Event:
        return self._decide("separate")

    def _undo(self) -> Event:
        if not self._decisions:
            return self._merge()
        decision = self._random.choice(self._decisions)
        sides = decision.properties["left"], decision.properties["right"]
        return build_decision_event("undo", *sides, self._get_time(), undoes=decision.id)

    def _decide(self, action: str) -> Event:
        pair = self._random.sample(self._list_circle(self._random.choice(self._people)), 2)
        left, right = ([name_subject(self._random.choice(KINDS), one, 0)] for one in pair)
        event = build_decision_event(action, left, right, self._get_time())
        self._decisions.append(event)
        return event

    def _choose_subjects(self, kinds: Sequence[str]) -> tuple[str, ...]:
        person = self._random.choice(self._people)
        subjects = (name_subject(kind, *self._choose_identifier(person)) for kind in kinds)
        return tuple(dict.fromkeys(subjects))

    def _choose_identifier(self, person: int) -> tuple[int, int]:
        is_strange = self._random.random() < STRANGE_SHARE
        owner = self._random.choice(self._list_circle(person)) if is_strange else person
        return owner, self._random.randint(0, 1)

    def _list_circle(self, person: int) -> Sequence[int]:
        first = person - person % CIRCLE_PEOPLE
        return self._people[first : first + CIRCLE_PEOPLE]

    def _get_time(self) -> datetime:
        return compute_time(self._number)

    def _build_event(
        self, type_: str, subjects: tuple[str, ...], trust: str, **fields: Any
    ) -> Event:
        return build_statement(self._number, type_, subjects, trust, **fields)


def compute_time(number: int) -> datetime:
    """Return the time of the event with this number."""
    return FIRST_TIME + number * STEP


def build_statement(
    number: int, type_: str, subjects: tuple[str, ...], trust: str, **fields: Any
) -> Event:
    """Return the event with this number; its time follows from the number."""
    at = to_text(compute_time(number))
    return Event(
        id=event_id("crowd", str(number)),
        type=type_,
        channel="web",
        source="segment/web",
        occurred_at=at,
        received_at=at,
        subjects=subjects,
        trust=trust,
        **fields,
    )
