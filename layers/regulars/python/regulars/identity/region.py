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
        named = self._connect_all()
        devices = set(filter(is_device, named))
        self._load_leads(devices, named)
        facts, parked = self._rules.select_facts(self._facts.combine_parts(named), named)
        return Region(
            facts=facts,
            parked=parked,
            worthless=frozenset(self._facts.worthless),
            shared=self._rules.list_shared_devices(devices),
        )

    def _connect_all(self) -> set[str]:
        """Return the connected subjects, and the devices of the people to whom the first ones belong."""
        self._facts.load(self._starts)
        devices = self._connect_devices(self._starts)
        decided = set().union(*map(self._rules.list_decided, devices))
        starts = self._starts | self._rules.list_first_leads(devices) | decided
        while True:
            connected = self._connect_subjects(starts | devices)
            owned = map(self._facts.list_devices, self._select_members(connected, starts))
            devices = self._connect_devices(connected.union(*owned))
            if devices <= connected:
                return connected

    def _connect_subjects(self, starts: AbstractSet[str]) -> set[str]:
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

    def _select_members(self, connected: set[str], starts: AbstractSet[str]) -> set[str]:
        """Return the subjects, devices aside, of the people to whom the first subjects belong."""
        members: AbstractSet[str] = connected
        if not connected <= starts:
            facts, _ = self._rules.select_facts(self._facts.combine_parts(connected), connected)
            groups, _ = join_subjects(facts)
            members = set().union(*map(groups.get_group, starts))
        return {subject for subject in members if not is_device(subject)}

    def _connect_devices(self, subjects: AbstractSet[str]) -> set[str]:
        """Return the devices among these subjects, and all that are connected with them."""
        connected = set(filter(is_device, subjects))
        pending = set(connected)
        while pending:
            self._facts.load(pending)
            pending = set().union(*map(self._rules.list_connected_devices, pending)) - connected
            connected |= pending
        return connected

    def _load_leads(self, devices: AbstractSet[str], named: AbstractSet[str]) -> None:
        """Read leads until each device has one to another subject, by which it is shared, or has no more."""
        pending = {
            device: iter([lead for lead in self._facts.list_leads(device) if lead not in named])
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
