"""Join subjects into groups, link by link, where no rule forbids it; then attach the devices."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain

import msgspec

from regulars.domain.identifiers import subject_strength
from regulars.domain.identity_facts import (
    CUSTOMER_LETTER,
    EMAIL_LETTER,
    PHONE_LETTER,
    USER_LETTER,
    IdentityDecision,
    IdentityFacts,
    is_device,
)
from regulars.identity.links import (
    LinkCandidate,
    is_by_phone,
    list_candidates,
    list_decisions_in_force,
)
from regulars.identity.parked_links import ParkedLink

# How many identifiers of a kind one person has at most; customer numbers are counted by provider.
MAX_IDENTIFIERS = {USER_LETTER: 1, EMAIL_LETTER: 5, PHONE_LETTER: 5, CUSTOMER_LETTER: 5}


class _DeviceOwners(msgspec.Struct, frozen=True):
    """The groups of subjects to which devices lead, and whether a decision of the owner says so."""

    is_decided: bool
    people: list[set[str]]


class SubjectGroups:
    """The groups of subjects while links are joined one after the other."""

    def __init__(self, facts: IdentityFacts, decisions: Sequence[IdentityDecision]) -> None:
        self._facts = facts
        self._decisions = decisions
        self._separations = [one for one in decisions if one.action == "separate"]
        # A device that the owner joined does not make a person known.
        self._known = frozenset(key for key in facts.known if not is_device(key))
        named = chain(facts.births, *facts.links, *(decision.subjects for decision in decisions))
        self._groups: dict[str, set[str]] = {subject: {subject} for subject in named}

    def get_group(self, subject: str) -> AbstractSet[str]:
        """Return the subjects that are joined with this one."""
        return self._groups.get(subject) or {subject}

    def join(self, candidate: LinkCandidate) -> str:
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
        leads: dict[str, list[str]] = {name: [] for name in self._groups if is_device(name)}
        joined = [
            subjects
            for decision in self._decisions
            if decision.action == "join" and all(map(is_device, subjects := decision.subjects))
        ]
        for names in chain(self._facts.links, joined):
            for device in filter(is_device, names):
                others = (key for key in names if key != device and key not in worthless)
                leads[device] += others
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

    def _find_obstacle(self, candidate: LinkCandidate, first: set[str], second: set[str]) -> str:
        if self._is_separated(first, second):
            return "separated"
        if not candidate.is_evidence:
            return ""
        if candidate.is_browser and self._is_both_known(first, second):
            return "claim"
        counts = (self._count_kinds(first), self._count_kinds(second))
        if is_by_phone(candidate.pair) and _differs_by_phone(*counts):
            return "phone_only"
        if any(_exceeds_limit(kind, *counts) for kind in counts[0] if kind[:1] == USER_LETTER):
            return "two_user_ids"
        return "too_many" if any(_exceeds_limit(kind, *counts) for kind in counts[0]) else ""

    def _is_separated(self, first: AbstractSet[str], second: AbstractSet[str]) -> bool:
        return any(decision.separates(first, second) for decision in self._separations)

    def _is_both_known(self, first: set[str], second: set[str]) -> bool:
        return not (self._known.isdisjoint(first) or self._known.isdisjoint(second))

    def _count_kinds(self, group: set[str]) -> Counter[str]:
        """Return the number of subjects by kind; customer numbers are kinds by provider."""
        providers = self._facts.providers
        return Counter(
            f"{subject[:1]}{providers.get(subject, '')}"
            for subject in group
            if not is_device(subject)
        )


def join_subjects(facts: IdentityFacts) -> tuple[SubjectGroups, list[ParkedLink]]:
    """Return the groups of these facts, whose links all count, without devices, and the links that joined nobody."""
    decisions = list_decisions_in_force(facts)
    groups = SubjectGroups(facts, decisions)
    candidates = sorted(list_candidates(facts, decisions))
    parked = [
        ParkedLink(*candidate.pair, reason)
        for candidate in candidates
        if (reason := groups.join(candidate))
    ]
    return groups, parked


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
