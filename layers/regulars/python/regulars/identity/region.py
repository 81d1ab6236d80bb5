"""Read the facts that decide who a person is: those of all subjects with which links that count connect some subjects.

What is read has a bound, whatever a stranger states (docs/identity.md).
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from itertools import chain

import msgspec

from regulars.domain.identity_facts import IdentityFacts, is_device
from regulars.domain.link_limits import LINK_LIMITS, LinkLimits
from regulars.identity.link_rules import LinkRules
from regulars.identity.parked_links import ParkedLink
from regulars.identity.subject_facts import FactReader, SubjectFacts
from regulars.identity.subject_groups import join_subjects


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of connected subjects, with those links only that may join them, and the links that joined nobody.

    `worthless` are the subjects, and `shared` the devices, that name too many others to link any.
    """

    facts: IdentityFacts
    parked: frozenset[ParkedLink]
    worthless: frozenset[str]
    shared: frozenset[str]


def load_region(
    subjects: Iterable[str], read_facts: FactReader, limits: LinkLimits = LINK_LIMITS
) -> Region:
    """Return the facts that decide the people of these subjects.

    `read_facts` returns the stored facts by subject, those of an unknown subject left out. The partition of a region
    gives these subjects the people that the partition of all facts gives them.
    """
    return _RegionLoader(frozenset(subjects), SubjectFacts(read_facts, limits)).load()


class _RegionLoader:
    """Reads neighbours until every chain of links that count ends."""

    def __init__(self, starts: frozenset[str], facts: SubjectFacts) -> None:
        self._starts = starts
        self._facts = facts
        self._rules = LinkRules(facts)

    def load(self) -> Region:
        """Return the facts of the connected subjects, and of the devices of those people who are asked for."""
        persons, devices = self._connect_all()
        self._load_leads(devices, persons)
        named = persons | devices
        facts, parked = self._rules.select_facts(self._facts.combine_parts(named), named)
        return Region(
            facts=facts,
            parked=parked,
            worthless=frozenset(self._facts.worthless),
            shared=self._rules.list_shared_devices(devices),
        )

    def _connect_all(self) -> tuple[set[str], set[str]]:
        self._facts.load(self._starts)
        devices = self._connect_devices(set(filter(is_device, self._starts)))
        starts = self._starts | self._rules.list_first_leads(devices) | self._list_decided(devices)
        while True:
            # The owner may have joined a device with subjects that no link connects.
            decided = self._list_decided(devices)
            persons = self._connect_persons((starts | decided) - devices)
            owned = map(self._rules.list_owned_devices, self._select_members(persons, starts))
            connected = self._connect_devices(devices.union(*owned))
            if connected == devices:
                return persons, devices
            devices = connected

    def _list_decided(self, devices: AbstractSet[str]) -> set[str]:
        return set().union(*map(self._rules.list_decided_persons, devices))

    def _connect_persons(self, starts: AbstractSet[str]) -> set[str]:
        connected, pending = set(starts), set(starts)
        while pending:
            self._facts.load(pending)
            self._load_partners(
                key for key in pending if key in starts or self._facts.is_known(key)
            )
            pending = set().union(*map(self._rules.list_connected, pending)) - connected
            connected |= pending
        return connected

    def _load_partners(self, subjects: Iterable[str]) -> None:
        """Read in one call what the rules will ask for, most probably."""
        partners = (
            (*self._facts.list_strong_partners(key), *self._facts.list_browser_partners(key))
            for key in subjects
        )
        self._facts.load(chain.from_iterable(partners))

    def _select_members(self, persons: set[str], starts: AbstractSet[str]) -> set[str]:
        """Return the subjects, devices aside, of the people to whom the first subjects belong."""
        if persons <= starts:
            return persons
        facts, _ = self._rules.select_facts(self._facts.combine_parts(persons), persons)
        groups, _ = join_subjects(facts)
        members = set[str]().union(*map(groups.get_group, starts))
        return {subject for subject in members if not is_device(subject)}

    def _connect_devices(self, starts: set[str]) -> set[str]:
        connected, pending = set(starts), set(starts)
        while pending:
            self._facts.load(pending)
            pending = set().union(*map(self._rules.list_connected_devices, pending)) - connected
            connected |= pending
        return connected

    def _load_leads(self, devices: AbstractSet[str], persons: AbstractSet[str]) -> None:
        """Read leads until each device has one to another subject, by which it is shared, or has no more."""
        pending = {
            device: iter([lead for lead in self._facts.list_leads(device) if lead not in persons])
            for device in devices
        }
        while pending:
            leads = {
                device: lead for device, others in pending.items() if (lead := next(others, None))
            }
            self._facts.load(leads.values())
            pending = {
                device: pending[device]
                for device, lead in leads.items()
                if not self._facts.find_evidence((lead, device))
            }
