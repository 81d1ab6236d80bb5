"""Partition subjects into people: a pure function of the facts in force; `docs/identity.md` states its rules."""

import msgspec

from regulars.domain.identity_facts import IdentityFacts, limit_links
from regulars.identity.links import (
    find_hub_links,
    find_worthless_subjects,
    is_active_link,
    is_device_pair,
    list_candidates,
    list_decisions_in_force,
)
from regulars.identity.subject_groups import SubjectGroups

# What the owner reads about a parked link, by its reason.
PARKED_TEXTS = {
    "claim": "only a browser says so",
    "hub": "it would connect too many identifiers",
    "phone_only": "only a phone number connects them",
    "separated": "you separated them",
    "too_many": "they have too many identifiers of one kind together",
    "two_user_ids": "each has a user id of its own",
}


class ParkedLink(msgspec.Struct, frozen=True, order=True):
    """A link that joins nobody, with the rule that it breaks (docs/identity.md lists the reasons)."""

    first: str
    second: str
    reason: str


class Partition(msgspec.Struct, frozen=True):
    """The people of a set of facts: each person's subjects, strongest first, and the links that joined nobody.

    `worthless` subjects and `shared` devices are people of their own.
    """

    people: tuple[tuple[str, ...], ...]
    parked: tuple[ParkedLink, ...]
    worthless: frozenset[str]
    shared: frozenset[str]


def partition_subjects(facts: IdentityFacts, worthless: frozenset[str] | None = None) -> Partition:
    """Return the people of these facts; the same facts always give the same people.

    `worthless` are the worthless subjects, when they are known from more facts than these.
    """
    facts = limit_links(facts)
    decisions = list_decisions_in_force(facts)
    worthless = find_worthless_subjects(facts) if worthless is None else worthless
    groups = SubjectGroups(facts, decisions)
    candidates = sorted(list_candidates(facts, decisions, worthless))
    hubs = find_hub_links(candidates)
    parked = [
        ParkedLink(*pair, "claim")
        for pair, evidence in facts.links.items()
        if not is_device_pair(pair) and not is_active_link(facts, pair, evidence)
    ]
    parked += [
        ParkedLink(*candidate.pair, reason)
        for candidate in candidates
        if (reason := "hub" if candidate in hubs else groups.join(candidate))
    ]
    shared = groups.attach_devices(worthless)
    return Partition(
        people=groups.list_people(),
        parked=tuple(sorted(parked)),
        worthless=worthless,
        shared=shared,
    )
