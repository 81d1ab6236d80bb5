"""Read the facts that decide who a person is: all that a chain of links connects with some subjects."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from regulars.domain.identity_facts import (
    NO_FACTS,
    IdentityFacts,
    LinkEvidence,
    SubjectPair,
    is_device,
)
from regulars.identity.links import (
    MAX_BROWSER_LINKED_SUBJECTS,
    find_worthless_subjects,
    is_active_link,
    list_decisions_in_force,
)

type FactReader = Callable[[frozenset[str]], Mapping[str, IdentityFacts]]


class Region(msgspec.Struct, frozen=True):
    """The facts of connected subjects, and which of the subjects that they name are worthless."""

    facts: IdentityFacts
    worthless: frozenset[str]


def load_region(subjects: Iterable[str], read_facts: FactReader) -> Region:
    """Return the facts that decide the people of these subjects.

    `read_facts` returns the stored facts by subject, those of an unknown subject left out. The partition of a region
    gives these subjects the people that the partition of all facts gives them.
    """
    loader = _RegionLoader(frozenset(subjects), read_facts)
    if len(loader.connect_subjects()) > MAX_BROWSER_LINKED_SUBJECTS:
        loader.follows_browsers = False
    return loader.build_region()


class _RegionLoader:
    """Reads neighbours until every chain of links ends."""

    def __init__(self, starts: frozenset[str], read_facts: FactReader) -> None:
        self._starts = starts
        self._read_facts = read_facts
        self._parts: dict[str, IdentityFacts] = {}
        self._worthless: set[str] = set()
        self.follows_browsers = True

    def connect_subjects(self) -> set[str]:
        """Return the subjects that chains of links connect with the first ones, devices aside."""
        self._load(self._starts)
        persons = {subject for subject in self._starts if not is_device(subject)}
        devices = self._connect_devices({*self._starts} - persons)
        return self._connect_persons(persons.union(*map(self._list_leads, devices)))

    def build_region(self) -> Region:
        """Return the facts of the connected subjects and their devices."""
        persons, devices = self._connect_all()
        self._load(set().union(*map(self._list_leads, devices)))
        named = persons | devices
        facts = NO_FACTS.combine(*(self._parts[subject] for subject in named))
        links = {
            pair: evidence
            for pair, evidence in facts.links.items()
            if self._is_inside(pair, evidence, named)
        }
        return Region(msgspec.structs.replace(facts, links=links), frozenset(self._worthless))

    def _connect_all(self) -> tuple[set[str], set[str]]:
        """Return the connected subjects that are no devices, and their devices."""
        persons = self.connect_subjects()
        while True:
            owned = set().union(*map(self._list_relatives, persons))
            devices = self._connect_devices(set(filter(is_device, self._starts | owned)))
            # The owner may have joined a device with subjects that no link connects.
            decided = set().union(*(self._list_decided(self._parts[key]) for key in devices))
            decided = {subject for subject in decided if not is_device(subject)}
            if decided <= persons:
                return persons, devices
            persons = self._connect_persons(persons | decided)

    def _is_inside(self, pair: SubjectPair, evidence: LinkEvidence, named: set[str]) -> bool:
        """Return whether a link takes part: within the region, or from a device to another person."""
        if any(map(is_device, pair)):
            return any(is_device(subject) and subject in named for subject in pair)
        if not named.issuperset(pair) or not self._is_stored_twice(pair):
            return False
        return self.follows_browsers or evidence.strong is not None

    def _is_stored_twice(self, pair: SubjectPair) -> bool:
        # A subject with too many links stores only some of them.
        return all(pair in self._parts[subject].links for subject in pair)

    def _load(self, subjects: Iterable[str]) -> None:
        missing = frozenset(subjects) - self._parts.keys()
        if not missing:
            return
        stored = self._read_facts(missing)
        for subject in missing:
            self._parts[subject] = facts = stored.get(subject, NO_FACTS)
            self._worthless |= {subject} & find_worthless_subjects(facts)

    def _connect_persons(self, starts: set[str]) -> set[str]:
        connected, pending = set(starts), set(starts)
        while pending:
            self._load(pending)
            relatives = set().union(*map(self._list_relatives, pending))
            self._load(subject for subject in relatives if not is_device(subject))
            pending = set().union(*map(self._list_joined, pending)) - connected
            connected |= pending
        return connected

    def _list_joined(self, subject: str) -> set[str]:
        """Return the other subjects that links or decisions may join with this one."""
        facts = self._parts[subject]
        joined = {other for other in self._list_decided(facts) if not is_device(other)}
        if subject in self._worthless:
            return joined
        for pair, evidence in facts.links.items():
            other = pair[0] if pair[1] == subject else pair[1]
            if not is_device(other) and self._may_join(pair, other, evidence):
                joined.add(other)
        return joined

    def _may_join(self, pair: SubjectPair, other: str, evidence: LinkEvidence) -> bool:
        if other in self._worthless or pair not in self._parts[other].links:
            return False
        if evidence.strong is None and not self.follows_browsers:
            return False
        births = NO_FACTS.combine(*(self._parts[subject] for subject in pair))
        return is_active_link(births, pair, evidence)

    def _list_relatives(self, subject: str) -> set[str]:
        """Return the subjects that may have to be joined with this one; links do not join a worthless one."""
        if subject in self._worthless:
            return self._list_decided(self._parts[subject])
        return self._list_others(subject)

    def _list_others(self, subject: str) -> set[str]:
        facts = self._parts[subject]
        return set().union(*facts.links, self._list_decided(facts)) - {subject}

    @staticmethod
    def _list_decided(facts: IdentityFacts) -> set[str]:
        """Return the subjects that the owner joined with a subject."""
        return {
            other
            for decision in list_decisions_in_force(facts)
            if decision.action == "join"
            for other in decision.subjects
        }

    def _connect_devices(self, starts: set[str]) -> set[str]:
        """Return these devices and those that statements without a person, or the owner, connect with them."""
        connected, pending = set(starts), set(starts)
        while pending:
            self._load(pending)
            pending = {
                other
                for device in pending
                for other in self._list_others(device)
                if is_device(other)
            } - connected
            connected |= pending
        return connected

    def _list_leads(self, device: str) -> set[str]:
        """Return the subjects to which a device leads."""
        return {other for other in self._list_others(device) if not is_device(other)}
