"""Find the person that subjects belong to: computed from the stored facts whenever it is asked."""

from collections.abc import Iterable, Mapping

import msgspec

from regulars.domain.identifiers import profile_id_of
from regulars.domain.identity_facts import IdentityFacts, is_device
from regulars.identity.partition import ParkedLink, partition_subjects
from regulars.identity.region import FactReader, load_region


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A person: the id, all subjects, strongest first, and the links to other subjects that joined nobody."""

    profile_id: str
    subjects: tuple[str, ...]
    parked: tuple[ParkedLink, ...] = ()


def find_people(subjects: Iterable[str], read_facts: FactReader) -> dict[str, Person]:
    """Return the person of each of these subjects that the facts know."""
    wanted = frozenset(subjects)
    region = load_region(wanted, read_facts)
    partition = partition_subjects(region.facts, region.worthless)
    people: dict[str, Person] = {}
    for members in partition.people:
        known = wanted.intersection(members)
        if known:
            person = Person(
                profile_id=profile_id_of(find_first_subject(members, region.facts)),
                subjects=members,
                parked=tuple(
                    link
                    for link in partition.parked
                    if link.first in members or link.second in members
                ),
            )
            people |= dict.fromkeys(known, person)
    return people


def find_first_subject(members: Iterable[str], facts: IdentityFacts) -> str:
    """Return the subject that was named first, devices aside; its profile id is that of the person."""
    return min(members, key=lambda subject: (is_device(subject), facts.births[subject], subject))


def index_people(people: Mapping[str, Person]) -> dict[str, Person]:
    """Return the people by profile id."""
    return {person.profile_id: person for person in people.values()}
