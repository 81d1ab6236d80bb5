"""Compute the people of connected subjects from what was known of them at one time."""

from collections.abc import Iterable, Sequence

import msgspec

from regulars.domain.identifiers import profile_id_of
from regulars.domain.identity_facts import NO_FACTS, IdentityFacts
from regulars.identity.partition import partition_subjects
from regulars.identity.people import find_first_subject
from regulars.learning.datasets.statements import KnownEvent


class PeopleState(msgspec.Struct, frozen=True, kw_only=True):
    """Who the subjects are at one time: the person's id by subject, and the subject that stands for each statement."""

    profile_ids: dict[str, str] = {}
    holders: dict[int, str] = {}
    facts: IdentityFacts = NO_FACTS
    worthless: frozenset[str] = frozenset()

    def find_successors(self, past: "PeopleState") -> dict[str, str]:
        """Return the id of the person that each person of an earlier state has become, by the id of that state.

        It is the person who has the first of the former's subjects, those that are worthless by now aside if possible.
        """
        people: dict[str, set[str]] = {}
        for subject, profile_id in past.profile_ids.items():
            people.setdefault(profile_id, set()).add(subject)
        return {
            profile_id: self.profile_ids[
                find_first_subject(subjects - self.worthless or subjects, self.facts)
            ]
            for profile_id, subjects in people.items()
        }


NO_PEOPLE = PeopleState()


def compute_people(facts: IdentityFacts, known_events: Iterable[KnownEvent]) -> PeopleState:
    """Return the people of these facts, which are those of the events."""
    partition = partition_subjects(facts)
    worthless = partition.worthless
    profile_ids = {
        subject: profile_id
        for person in partition.people
        for profile_id in [profile_id_of(find_first_subject(person, facts))]
        for subject in person
    }
    holders = {
        known.statement: choose_holder(known.subjects, worthless)
        for known in known_events
        if known.subjects
    }
    return PeopleState(profile_ids=profile_ids, holders=holders, facts=facts, worthless=worthless)


def choose_holder(subjects: Sequence[str], worthless: frozenset[str]) -> str:
    """Return the strongest of an event's subjects that names a person; the strongest of all when none does."""
    return next((subject for subject in subjects if subject not in worthless), subjects[0])
