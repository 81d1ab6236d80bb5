"""Compute who each person was at past cut-offs, from what was known then."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from regulars.domain.identifiers import profile_id_of
from regulars.domain.identity_facts import NO_FACTS, IdentityFacts
from regulars.identity.connected_names import ConnectedNames
from regulars.learning.datasets.people_state import NO_PEOPLE, PeopleState, compute_people
from regulars.learning.datasets.statements import KnownEvent, LoneStatement

# Before and after every cut-off.
FIRST_TIME, LAST_TIME = -(1 << 62), 1 << 62


class Assignment(NamedTuple):
    """The person of a statement's events at the cut-offs from `since` on, before `until`, in epoch seconds.

    `subject` stands for the person: the strongest one that names a person. A lower `trust` is stronger. `successor` is the
    id of the person that this one has become at the present cut-off.
    """

    statement: int
    since: int
    until: int
    subject: str
    trust: int
    profile_id: str
    successor: str


class ConnectedStatements:
    """Statements and decisions about connected subjects, all that the present knows; no other ones change who these are."""

    def __init__(self, known_events: Iterable[KnownEvent]) -> None:
        self._events = sorted(known_events, key=lambda known: known.known_at)
        self._times = [known.known_at for known in self._events]
        self._trusts = {known.statement: known.trust for known in self._events}
        self._present = NO_PEOPLE

    def list_present_assignments(self, present: int) -> Iterator[Assignment]:
        """Yield the assignments at the present cut-off."""
        self._present = compute_people(_combine_facts(NO_FACTS, self._events), self._events)
        return self._list_assignments(self._present, present, LAST_TIME)

    def list_past_assignments(self, cutoffs: Sequence[int], present: int) -> Iterator[Assignment]:
        """Yield the assignments at these cut-offs, oldest first, which lie before the present one."""
        ends = dict(pairwise([*cutoffs, present]))
        facts, known_count = NO_FACTS, 0
        for count, group in groupby(cutoffs, self._count_known):
            equal_cutoffs = list(group)
            facts = _combine_facts(facts, self._events[known_count:count])
            known_count = count
            is_present = count == len(self._events)
            state = self._present if is_present else compute_people(facts, self._events[:count])
            yield from self._list_assignments(state, equal_cutoffs[0], ends[equal_cutoffs[-1]])

    def _count_known(self, cutoff: int) -> int:
        return bisect_left(self._times, cutoff)

    def _list_assignments(self, state: PeopleState, since: int, until: int) -> Iterator[Assignment]:
        successors = self._present.find_successors(state)
        for statement, subject in state.holders.items():
            profile_id = state.profile_ids[subject]
            yield Assignment(
                statement=statement,
                since=since,
                until=until,
                subject=subject,
                trust=self._trusts[statement],
                profile_id=profile_id,
                successor=successors[profile_id],
            )


def list_lone_assignments(statements: Iterable[LoneStatement]) -> Iterator[Assignment]:
    """Yield the assignments of statements about people of one subject: the same at every cut-off."""
    for lone in statements:
        profile_id = profile_id_of(lone.subject)
        yield Assignment(
            statement=lone.statement,
            since=FIRST_TIME,
            until=LAST_TIME,
            subject=lone.subject,
            trust=lone.trust,
            profile_id=profile_id,
            successor=profile_id,
        )


def _combine_facts(facts: IdentityFacts, known_events: Iterable[KnownEvent]) -> IdentityFacts:
    return facts.combine(*(known.facts for known in known_events))


def connect_statements(known_events: Sequence[KnownEvent]) -> list[ConnectedStatements]:
    """Group statements and decisions by the subjects that they connect."""
    connected = ConnectedNames()
    for known in known_events:
        connected.join_names(known.joint_names)
    groups: dict[str, list[KnownEvent]] = {}
    for known in known_events:
        groups.setdefault(connected.find_root(known.joint_names[0]), []).append(known)
    return [ConnectedStatements(group) for group in groups.values()]
