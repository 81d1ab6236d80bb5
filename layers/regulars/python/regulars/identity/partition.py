"""Partition subjects into people: a pure function of the facts in force; `docs/identity.md` states its rules."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain

import msgspec

from regulars.domain.identifiers import subject_strength
from regulars.domain.identity_facts import (
    CUSTOMER_LETTER,
    IdentityDecision,
    IdentityFacts,
    LinkEvidence,
    SubjectPair,
    is_device,
    limit_links,
)
from regulars.domain.trust import Trust
from regulars.identity.connected_names import ConnectedNames

USER_LETTER, EMAIL_LETTER, PHONE_LETTER = "u", "e", "p"
# How many identifiers of a kind one person has at most; customer numbers are counted by provider.
MAX_IDENTIFIERS = {USER_LETTER: 1, EMAIL_LETTER: 5, PHONE_LETTER: 5, CUSTOMER_LETTER: 5}
# A value that names more people than this names nobody: a constant, a shared mailbox, a placeholder.
MAX_SHARED_IDENTITIES = 5
# Links join at most so many subjects, with links of browsers among them and without.
MAX_BROWSER_LINKED_SUBJECTS = 200
MAX_LINKED_SUBJECTS = 5_000
# What the owner reads about a parked link, by its reason.
PARKED_TEXTS = {
    "claim": "only a browser says so",
    "hub": "it would connect too many identifiers",
    "phone_only": "only a phone number connects them",
    "separated": "you separated them",
    "too_many": "they have too many identifiers of one kind together",
    "two_user_ids": "each has a user id of its own",
}
_IDENTITY_LETTERS = (USER_LETTER, EMAIL_LETTER)


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

    def index_subjects(self) -> dict[str, tuple[str, ...]]:
        """Return the person of each subject."""
        return {subject: person for person in self.people for subject in person}


class _Candidate(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A link that may join; sorted in the order of joining."""

    is_evidence: bool  # False for a decision of the owner, which comes first
    is_browser: bool
    is_by_phone: bool
    trust: int
    moment: int
    first: tuple[int, str]
    second: tuple[int, str]

    @property
    def pair(self) -> SubjectPair:
        return self.first[1], self.second[1]


class _DeviceOwners(msgspec.Struct, frozen=True):
    """The groups of subjects to which devices lead, and whether a decision of the owner says so."""

    is_decided: bool
    people: list[set[str]]


def partition_subjects(facts: IdentityFacts, worthless: frozenset[str] | None = None) -> Partition:
    """Return the people of these facts; the same facts always give the same people.

    `worthless` are the worthless subjects, when they are known from more facts than these.
    """
    facts = limit_links(facts)
    decisions = list_decisions_in_force(facts)
    worthless = find_worthless_subjects(facts) if worthless is None else worthless
    groups = _Groups(facts, decisions)
    candidates = sorted(_list_candidates(facts, decisions, worthless))
    hubs = _find_hub_links(candidates)
    parked = [
        ParkedLink(*pair, "claim")
        for pair, evidence in facts.links.items()
        if not _is_device_pair(pair) and not is_active_link(facts, pair, evidence)
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


def list_decisions_in_force(facts: IdentityFacts) -> list[IdentityDecision]:
    """Return the owner's decisions that were not undone, oldest first."""
    undone = {decision.undoes for decision in facts.decisions.values()}
    decisions = [
        decision
        for decision in facts.decisions.values()
        if decision.action != "undo" and decision.id not in undone
    ]
    return sorted(decisions, key=lambda decision: (decision.moment, decision.id))


def is_active_link(facts: IdentityFacts, pair: SubjectPair, evidence: LinkEvidence) -> bool:
    """Return whether a link may join: it has strong evidence, or a browser's statement that is the birth of a subject."""
    if evidence.strong is not None:
        return True
    return any(facts.births.get(subject) == evidence.browser for subject in pair)


def find_worthless_subjects(facts: IdentityFacts) -> frozenset[str]:
    """Return the subjects that name too many user ids or e-mail addresses to name a person."""
    counts: Counter[tuple[str, str]] = Counter()
    for pair, evidence in facts.links.items():
        if _is_device_pair(pair):
            continue
        for subject, other in (pair, pair[::-1]):
            # A browser cannot make worthless what stronger evidence knows.
            if other[:1] in _IDENTITY_LETTERS and (evidence.strong or subject not in facts.known):
                counts[subject, other[:1]] += 1
    return frozenset(
        subject for (subject, _), count in counts.items() if count > MAX_SHARED_IDENTITIES
    )


def _find_hub_links(candidates: Sequence[_Candidate]) -> frozenset[_Candidate]:
    """Return the links that would connect too many subjects: those of browsers first, then all but the owner's."""
    evidence = [candidate for candidate in candidates if candidate.is_evidence]
    if len(evidence) < MAX_BROWSER_LINKED_SUBJECTS:
        return frozenset()
    connected = _list_links_of_large_groups(candidates, MAX_BROWSER_LINKED_SUBJECTS)
    hubs = {candidate for candidate in connected if candidate.is_browser}
    others = [candidate for candidate in candidates if candidate not in hubs]
    large = _list_links_of_large_groups(others, MAX_LINKED_SUBJECTS)
    return frozenset(hubs.union(candidate for candidate in large if candidate.is_evidence))


def _list_links_of_large_groups(
    candidates: Sequence[_Candidate], limit: int
) -> Iterator[_Candidate]:
    connected = ConnectedNames()
    for candidate in candidates:
        connected.join_names(candidate.pair)
    sizes = Counter(map(connected.find_root, {name for link in candidates for name in link.pair}))
    return (
        candidate
        for candidate in candidates
        if sizes[connected.find_root(candidate.first[1])] > limit
    )


def _list_candidates(
    facts: IdentityFacts, decisions: Iterable[IdentityDecision], worthless: frozenset[str]
) -> Iterator[_Candidate]:
    for pair, evidence in facts.links.items():
        if _is_device_pair(pair) or not worthless.isdisjoint(pair):
            continue
        if is_active_link(facts, pair, evidence):
            yield _build_candidate(pair, evidence)
    for decision in decisions:
        subjects = sorted(decision.subjects, key=subject_strength)
        if decision.action == "join" and not is_device(subjects[0]):
            evidence = LinkEvidence(strong=(int(Trust.OWNER), decision.moment))
            for subject in subjects[1:]:
                yield _build_candidate((subjects[0], subject), evidence)


def _build_candidate(pair: SubjectPair, evidence: LinkEvidence) -> _Candidate:
    trust, moment = evidence.strong or (int(Trust.BROWSER), evidence.browser or 0)
    is_evidence = trust != Trust.OWNER
    return _Candidate(
        is_evidence=is_evidence,
        is_browser=trust == Trust.BROWSER,
        is_by_phone=is_evidence and any(subject[:1] == PHONE_LETTER for subject in pair),
        trust=trust,
        moment=moment,
        first=subject_strength(pair[0]),
        second=subject_strength(pair[1]),
    )


def _is_device_pair(pair: SubjectPair) -> bool:
    return any(map(is_device, pair))


class _Groups:
    """The groups of subjects while links are joined one after the other."""

    def __init__(self, facts: IdentityFacts, decisions: Sequence[IdentityDecision]) -> None:
        self._facts = facts
        self._decisions = decisions
        self._separations = [
            (frozenset(decision.left), frozenset(decision.right))
            for decision in decisions
            if decision.action == "separate"
        ]
        named = chain(facts.births, *facts.links, *(decision.subjects for decision in decisions))
        self._groups: dict[str, set[str]] = {subject: {subject} for subject in named}

    def join(self, candidate: _Candidate) -> str:
        """Join the groups of a link's subjects; return the reason when a rule forbids it, else ''."""
        first, second = (self._groups[subject] for subject in candidate.pair)
        if first is second:
            return ""
        if reason := self._find_obstacle(candidate, first, second):
            return reason
        first |= second
        for subject in second:
            self._groups[subject] = first
        return ""

    def attach_devices(self, worthless: frozenset[str]) -> frozenset[str]:
        """Add each device to the one person that it leads to; return the devices that lead to several people.

        Devices that the owner joined come first, since a later device may be separated from them.
        """
        leads = self._list_leads(worthless)
        found = [
            (self._find_owners(devices, leads), devices) for devices in _connect_devices(leads)
        ]
        found.sort(key=lambda item: (not item[0].is_decided, min(item[1])))
        for device in leads:
            self._groups[device].discard(device)
        shared: set[str] = set()
        for owners, devices in found:
            person = set[str]()
            if len(owners.people) > 1:
                shared |= devices
            elif owners.people and not self._is_separated(owners.people[0], devices):
                person = owners.people[0]
            person |= devices
            self._groups |= dict.fromkeys(devices, person)
        return frozenset(shared)

    def list_people(self) -> tuple[tuple[str, ...], ...]:
        """Return every group once, its subjects sorted by strength; subjects that no statement names are left out."""
        born = self._facts.births.keys()
        groups = {id(group): group & born for group in self._groups.values()}
        people = (tuple(sorted(group, key=subject_strength)) for group in groups.values() if group)
        return tuple(sorted(people))

    def _list_leads(self, worthless: frozenset[str]) -> dict[str, list[str]]:
        """Return the subjects to which each device leads; the owner may have joined two devices."""
        leads: dict[str, list[str]] = {}
        joined = [
            subjects
            for decision in self._decisions
            if decision.action == "join" and all(map(is_device, subjects := decision.subjects))
        ]
        for names in chain(self._facts.links, joined):
            for device in filter(is_device, names):
                others = (key for key in names if key != device and key not in worthless)
                leads.setdefault(device, []).extend(others)
        return leads

    def _find_owners(
        self, devices: frozenset[str], leads: Mapping[str, Sequence[str]]
    ) -> _DeviceOwners:
        """Return the people to whom these devices lead: by a decision of the owner, else by statements."""
        decided = {id(group): group for key in devices if len(group := self._groups[key]) > 1}
        people = {
            id(group): group
            for device in devices
            for other in leads[device]
            if not is_device(other) and (group := self._groups[other])
        }
        return _DeviceOwners(bool(decided), list((decided or people).values()))

    def _find_obstacle(self, candidate: _Candidate, first: set[str], second: set[str]) -> str:
        if self._is_separated(first, second):
            return "separated"
        if not candidate.is_evidence:
            return ""
        if candidate.is_browser and self._is_both_known(first, second):
            return "claim"
        counts = (self._count_kinds(first), self._count_kinds(second))
        if candidate.is_by_phone and _differs_by_phone(*counts):
            return "phone_only"
        if any(_exceeds_limit(kind, *counts) for kind in counts[0] if kind[:1] == USER_LETTER):
            return "two_user_ids"
        return "too_many" if any(_exceeds_limit(kind, *counts) for kind in counts[0]) else ""

    def _is_separated(self, first: AbstractSet[str], second: AbstractSet[str]) -> bool:
        return any(
            (left & first and right & second) or (left & second and right & first)
            for left, right in self._separations
        )

    def _is_both_known(self, first: set[str], second: set[str]) -> bool:
        known = self._facts.known
        return not (known.isdisjoint(first) or known.isdisjoint(second))

    def _count_kinds(self, group: set[str]) -> Counter[str]:
        """Return the number of subjects by kind; customer numbers are kinds by provider."""
        providers = self._facts.providers
        return Counter(
            f"{subject[:1]}{providers.get(subject, '')}"
            for subject in group
            if not is_device(subject)
        )


def _exceeds_limit(kind: str, first: Counter[str], second: Counter[str]) -> bool:
    """Return whether both groups have identifiers of a kind, and together more than one person has."""
    return kind in second and first[kind] + second[kind] > MAX_IDENTIFIERS.get(kind[:1], 1)


def _differs_by_phone(first: Counter[str], second: Counter[str]) -> bool:
    """Return whether both groups have an e-mail address, or customer numbers of one provider."""
    return any(kind[:1] in {EMAIL_LETTER, CUSTOMER_LETTER} for kind in first.keys() & second.keys())


def _connect_devices(leads: Mapping[str, Sequence[str]]) -> Iterator[frozenset[str]]:
    """Yield the groups of devices that statements without a person name together."""
    pending = sorted(leads)
    visited: set[str] = set()
    for start in pending:
        if start in visited:
            continue
        group, frontier = {start}, [start]
        while frontier:
            others = {other for other in leads[frontier.pop()] if is_device(other)}
            frontier += others - group
            group |= others
        visited |= group
        yield frozenset(group)
