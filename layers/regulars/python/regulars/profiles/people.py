"""Show the owner a person with all that decides who it is: its identifiers, links, decisions and parked links."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from regulars.domain.errors import NotFoundError
from regulars.domain.identifiers import NAMESPACES
from regulars.domain.identity_facts import IdentityFacts, LinkEvidence
from regulars.domain.identity_statements import time_of_moment
from regulars.domain.times import to_text
from regulars.domain.trust import Trust
from regulars.identity.decisions import find_undo
from regulars.identity.links import list_decisions_in_force
from regulars.identity.parked_links import PARKED_TEXTS, ParkedLink
from regulars.identity.people import Person, list_people
from regulars.identity.region import load_region
from regulars.profiles.served_profiles import (
    MAX_PROFILE_ID_CHARACTERS,
    ScoredProfile,
    ServedProfiles,
    SubjectCache,
)
from regulars.store.profiles import Profiles
from regulars.store.proposals import Proposal

# Of the links that joined nobody; browsers can state many.
MAX_SHOWN_LINKS = 100
UNCONFIRMED_REASONS = frozenset({"claim", "hub"})
_KINDS_BY_LETTER = {letter: namespace for namespace, letter in NAMESPACES.items()}


class KnownIdentifier(msgspec.Struct, frozen=True):
    """A subject of a person: its kind, when it was named first (RFC 3339), and whether strong evidence names it."""

    subject: str
    kind: str
    first_named_at: str
    is_confirmed: bool


class KnownLink(msgspec.Struct, frozen=True):
    """Two subjects of a person that one statement names: the best evidence for it, and its time (RFC 3339)."""

    first: str
    second: str
    trust: str
    at: str


class KnownDecision(msgspec.Struct, frozen=True):
    """A decision of the owner about a person; `undone_by` is the id of the decision that undid it, or ''."""

    id: str
    action: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    at: str
    undone_by: str


class PersonProposal(msgspec.Struct, frozen=True):
    """Another person who may be the same one: the identifiers that a parked link connects, and why it was parked."""

    subject: str
    other_subject: str
    other_subjects: tuple[str, ...]
    other_profile_id: str
    reason: str
    text: str


class PersonDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A person, and what decides who it is."""

    profile: ScoredProfile
    identifiers: tuple[KnownIdentifier, ...]
    links: tuple[KnownLink, ...]
    decisions: tuple[KnownDecision, ...]
    proposals: tuple[PersonProposal, ...]


class CheckedProposal(msgspec.Struct, frozen=True):
    """A proposal and the two people whom its sides belong to now."""

    proposal: Proposal
    left: Person
    right: Person

    def is_open(self, facts: IdentityFacts) -> bool:
        """Return whether they are two people whom the owner has not separated."""
        return self.left.profile_id != self.right.profile_id and not any(
            decision.separates(frozenset(self.left.subjects), frozenset(self.right.subjects))
            for decision in list_decisions_in_force(facts)
        )


@dataclass(frozen=True, kw_only=True)
class PeopleDirectory:
    """The people, by profile id or by subject."""

    served: ServedProfiles
    profiles: Profiles

    def require_person(self, profile_id: str, subjects: Iterable[str] = ()) -> ScoredProfile:
        """Return the person with this id, or with one of these subjects; raise NotFoundError when there is none."""
        person = self.served.find_by_subjects(subjects)
        # DynamoDB fails for a key that is empty or too long.
        if person is None and 0 < len(profile_id) <= MAX_PROFILE_ID_CHARACTERS:
            person = self.served.find_with_scores(profile_id)
        if person is None:
            raise NotFoundError(
                "No person is known by this id or identifier. Write a phone number with its country code; "
                "a new event takes a moment."
            )
        return person

    def describe_person(self, profile: ScoredProfile) -> PersonDetails:
        """Return a person with its identifiers, links, decisions and proposals, oldest first."""
        cache = SubjectCache(self.profiles)
        region = load_region(profile.subjects, cache.read_facts)
        person = next(one for one in list_people(region) if one.profile_id == profile.profile_id)
        return PersonDetails(
            profile=profile,
            identifiers=_list_identifiers(person, region.facts),
            links=_list_links(person, region.facts),
            decisions=_list_decisions(person, region.facts),
            proposals=self._list_proposals(person, cache),
        )

    def check_proposals(self, proposals: Sequence[Proposal]) -> list[CheckedProposal]:
        """Return those proposals whose sides are still two people whom the owner has not separated."""
        cache = SubjectCache(self.profiles)
        region = load_region(
            {subject for one in proposals for subject in (one.left, one.right)}, cache.read_facts
        )
        people = {key: person for person in list_people(region) for key in person.subjects}
        checked = (
            CheckedProposal(proposal, people[proposal.left], people[proposal.right])
            for proposal in proposals
            if proposal.left in people and proposal.right in people
        )
        return [one for one in checked if one.is_open(region.facts)]

    def _list_proposals(self, person: Person, cache: SubjectCache) -> tuple[PersonProposal, ...]:
        links = sorted(person.parked, key=lambda link: link.reason in UNCONFIRMED_REASONS)
        links = links[:MAX_SHOWN_LINKS]
        pairs = [_sort_sides(link, person) for link in links]
        others = load_region((other for _, other in pairs), cache.read_facts)
        people = {key: one for one in list_people(others) for key in one.subjects}
        proposals = (
            PersonProposal(
                subject=own,
                other_subject=other,
                other_subjects=people[other].subjects if other in people else (other,),
                other_profile_id=people[other].profile_id if other in people else "",
                reason=link.reason,
                text=PARKED_TEXTS[link.reason],
            )
            for (own, other), link in zip(pairs, links, strict=True)
        )
        # One for each other person, and none for whom the owner has separated.
        by_person: dict[str, PersonProposal] = {}
        for one in proposals:
            if one.reason != "separated" and one.other_profile_id != person.profile_id:
                by_person.setdefault(one.other_profile_id, one)
        return tuple(by_person.values())


def kind_of(subject: str) -> str:
    """Return the kind of identifier that a subject is made from."""
    return _KINDS_BY_LETTER.get(subject[:1], "")


def _list_identifiers(person: Person, facts: IdentityFacts) -> tuple[KnownIdentifier, ...]:
    return tuple(
        KnownIdentifier(
            subject=subject,
            kind=kind_of(subject),
            first_named_at=_time_text(facts.births[subject]),
            is_confirmed=subject in facts.known,
        )
        for subject in person.subjects
    )


def _list_links(person: Person, facts: IdentityFacts) -> tuple[KnownLink, ...]:
    inside = set(person.subjects)
    moments = {
        pair: _evidence_of(link) for pair, link in facts.links.items() if inside.issuperset(pair)
    }
    ordered = sorted(moments.items(), key=lambda item: (item[1][1], item[0]))
    return tuple(
        KnownLink(first=first, second=second, trust=trust.name.lower(), at=_time_text(moment))
        for (first, second), (trust, moment) in ordered
    )


def _list_decisions(person: Person, facts: IdentityFacts) -> tuple[KnownDecision, ...]:
    ordered = sorted(facts.decisions.values(), key=lambda one: (one.moment, one.id))
    return tuple(
        KnownDecision(
            id=decision.id,
            action=decision.action,
            left=decision.left,
            right=decision.right,
            at=_time_text(decision.moment),
            undone_by=undo.id if (undo := find_undo(decision, facts)) else "",
        )
        for decision in ordered
        if decision.subjects.intersection(person.subjects)
    )


def _sort_sides(link: ParkedLink, person: Person) -> tuple[str, str]:
    """Return the person's subject of a link, and the other one."""
    if link.first in person.subjects:
        return link.first, link.second
    return link.second, link.first


def _evidence_of(link: LinkEvidence) -> tuple[Trust, int]:
    if link.strong:
        return Trust(link.strong[0]), link.strong[1]
    return Trust.BROWSER, link.browser or 0


def _time_text(moment: int) -> str:
    return to_text(time_of_moment(moment))
