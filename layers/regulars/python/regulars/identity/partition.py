"""Partition subjects into people: a pure function of the facts in force; `docs/identity.md` states its rules."""

import msgspec

from regulars.domain.identity_facts import IdentityFacts, split_facts
from regulars.domain.link_limits import LINK_LIMITS, LinkLimits
from regulars.identity.parked_links import ParkedLink
from regulars.identity.region import Region, load_region
from regulars.identity.subject_groups import join_subjects


class Partition(msgspec.Struct, frozen=True):
    """The people of a set of facts: each person's subjects, strongest first, and the links that joined nobody.

    `worthless` subjects and `shared` devices are people of their own.
    """

    people: tuple[tuple[str, ...], ...]
    parked: tuple[ParkedLink, ...]
    worthless: frozenset[str]
    shared: frozenset[str]


def partition_subjects(facts: IdentityFacts, limits: LinkLimits = LINK_LIMITS) -> Partition:
    """Return the people of these facts; the same facts always give the same people."""
    parts = split_facts(facts)
    return partition_region(load_region(parts, lambda _: parts, limits))


def partition_region(region: Region) -> Partition:
    """Return the people of a region; those of the subjects for which it was loaded are complete."""
    groups, parked = join_subjects(region.facts)
    shared = groups.attach_devices(region.worthless)
    return Partition(
        people=groups.list_people(),
        parked=tuple(
            link
            for link in sorted({*region.parked, *parked})
            if link.second not in groups.get_group(link.first)
        ),
        worthless=region.worthless,
        shared=region.shared | shared,
    )
