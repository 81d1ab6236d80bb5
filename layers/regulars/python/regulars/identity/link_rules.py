"""Say which links count, from the facts of their two subjects and of a bounded number of others."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from msgspec.structs import replace

from regulars.domain.identity_facts import IdentityFacts, LinkEvidence, SubjectPair, is_device
from regulars.identity.browser_trees import BrowserTrees
from regulars.identity.linked_components import LinkedComponents
from regulars.identity.links import is_device_pair, list_decisions_in_force
from regulars.identity.parked_links import ParkedLink
from regulars.identity.subject_facts import SubjectFacts, get_partner


class LinkRules:
    """The rules of docs/identity.md that do not depend on what other links have joined."""

    def __init__(self, facts: SubjectFacts) -> None:
        self._facts = facts
        self._trees = BrowserTrees(facts)
        limits = facts.limits
        self._strong = LinkedComponents(facts, facts.list_strong_partners, limits.strong_subjects)
        self._devices = LinkedComponents(facts, facts.list_devices, limits.stored_devices)

    def list_connected(self, subject: str) -> set[str]:
        """Return the subjects with which links between persons, or the owner, may join a subject.

        The devices among them are those that the owner joined: what the owner separated from them concerns the person.
        """
        connected = self.list_decided(subject)
        if not is_device(subject):
            connected |= self._strong.find_component(subject)
            for tree in self._trees.list_trees(subject):
                connected |= {tree.root, *tree.parents}
        return connected

    def list_connected_devices(self, device: str) -> set[str]:
        """Return the devices that statements without a person, or the owner, connect with a device."""
        decided = filter(is_device, self.list_decided(device))
        return {*self._devices.find_component(device), *decided}

    def list_decided(self, subject: str) -> set[str]:
        """Return the subjects that the owner joined with a subject."""
        facts = self._facts.get_part(subject)
        if not facts.decisions:
            return set()
        return {
            other
            for decision in list_decisions_in_force(facts)
            if decision.action == "join"
            for other in decision.subjects
        }

    def list_first_leads(self, devices: AbstractSet[str]) -> set[str]:
        """Return one subject to which each group of connected devices leads, if there is any."""
        groups = {self._devices.find_component(device) for device in devices}
        leads = (next(self._walk_leads(sorted(group)), "") for group in groups)
        return {lead for lead in leads if lead}

    def list_shared_devices(self, devices: AbstractSet[str]) -> frozenset[str]:
        """Return the devices that name, or are connected with, too many others to belong to anybody."""
        return frozenset(
            device
            for device in devices
            if device in self._facts.crowded or not self._devices.find_component(device)
        )

    def select_facts(
        self, facts: IdentityFacts, named: AbstractSet[str]
    ) -> tuple[IdentityFacts, frozenset[ParkedLink]]:
        """Return the facts of the named subjects with those links only that count, and those that joined nobody."""
        links: dict[SubjectPair, LinkEvidence] = {}
        parked: set[ParkedLink] = set()
        for pair, stated in facts.links.items():
            if evidence := self._find_evidence(pair, named):
                links[pair] = evidence
            elif not is_device_pair(pair) and (reason := self._explain(pair, stated, named)):
                parked.add(ParkedLink(*pair, reason))
        return replace(facts, links=links), frozenset(parked)

    def _walk_leads(self, devices: list[str]) -> Iterator[str]:
        for device in devices:
            self._facts.load(leads := self._facts.list_leads(device))
            for lead in leads:
                if self._facts.find_evidence((lead, device)):
                    yield lead

    def _find_evidence(self, pair: SubjectPair, named: AbstractSet[str]) -> LinkEvidence | None:
        """Return the evidence of a link that counts: between named subjects, or from a named device to any."""
        members = filter(is_device, pair) if is_device_pair(pair) else pair
        if not (named >= {*members} and all(map(self._facts.is_loaded, pair))):
            return None
        evidence = self._facts.find_evidence(pair)
        return evidence if evidence and self._counts(pair, evidence) else None

    def _counts(self, pair: SubjectPair, evidence: LinkEvidence) -> bool:
        if is_device_pair(pair):
            return all(map(self._devices.find_component, filter(is_device, pair)))
        if evidence.strong:
            return bool(self._strong.find_component(pair[0]))
        return any(self._is_introduction(subject, pair) for subject in pair)

    def _is_introduction(self, subject: str, pair: SubjectPair) -> bool:
        parent = get_partner(pair, subject)
        if self._trees.find_parent(subject) != parent:
            return False
        return any(tree.parents.get(subject) == parent for tree in self._trees.list_trees(subject))

    def _explain(self, pair: SubjectPair, stated: LinkEvidence, named: AbstractSet[str]) -> str:
        """Return why a link joins nobody; '' when a subject is worthless, or does not store the link."""
        if stated.strong:
            members = (subject for subject in pair if subject in named)
            return "" if all(map(self._strong.find_component, members)) else "hub"
        if not all(self._is_among_oldest(subject, pair) for subject in pair):
            return "hub"
        children = [key for key in pair if self._facts.find_birth(key) == stated.browser]
        if not children:
            return "claim"
        if not self._facts.worthless.isdisjoint(pair):
            return ""
        return "hub" if any(self._may_be_introduction(key, pair) for key in children) else "claim"

    def _is_among_oldest(self, subject: str, pair: SubjectPair) -> bool:
        # What was not read lies beyond a limit.
        return self._facts.is_loaded(subject) and get_partner(
            pair, subject
        ) in self._facts.list_browser_partners(subject)

    def _may_be_introduction(self, subject: str, pair: SubjectPair) -> bool:
        is_known = self._facts.is_known(subject)
        return not is_known and self._trees.find_parent(subject) == get_partner(pair, subject)
