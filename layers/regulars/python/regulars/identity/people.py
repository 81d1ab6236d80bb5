"""Find the person that subjects belong to: computed from the stored facts whenever it is asked."""

from collections.abc import Iterable

import msgspec

from regulars.domain.identifiers import profile_id_of
from regulars.domain.identity_facts import IdentityFacts, is_device
from regulars.domain.link_limits import LINK_LIMITS, LinkLimits
from regulars.identity.parked_links import ParkedLink
from regulars.identity.partition import partition_region
from regulars.identity.region import Region, load_region
from regulars.identity.subject_facts import FactReader


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A person: the id, all subjects, strongest first, and the links to other subjects that joined nobody."""

    profile_id: str
    subjects: tuple[str, ...]
    parked: tuple[ParkedLink, ...] = ()


def find_people(
    subjects: Iterable[str], read_facts: FactReader, limits: LinkLimits = LINK_LIMITS
) -> dict[str, Person]:
    """Return the person of each of these subjects that the facts know."""
    wanted = frozenset(subjects)
    people = list_people(load_region(wanted, read_facts, limits))
    return {
        subject: person for person in people for subject in wanted.intersection(person.subjects)
    }


def list_people(region: Region) -> list[Person]:
    """Return the people of a region; those of the subjects for which it was loaded are complete."""
    partition = partition_region(region)
    parked: dict[str, list[ParkedLink]] = {}
    for link in partition.parked:
        for subject in (link.first, link.second):
            parked.setdefault(subject, []).append(link)
    return [
        Person(
            profile_id=profile_id_of(find_first_subject(members, region.facts)),
            subjects=members,
            parked=tuple(sorted({link for key in members for link in parked.get(key, ())})),
        )
        for members in partition.people
    ]


def find_first_subject(members: Iterable[str], facts: IdentityFacts) -> str:
    """Return the subject that was named first, devices aside; its profile id is that of the person."""
    return min(members, key=lambda subject: (is_device(subject), facts.births[subject], subject))
