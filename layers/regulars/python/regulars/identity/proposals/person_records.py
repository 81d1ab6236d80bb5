"""Read the contact data of all people as records to compare."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from regulars.domain.contacts import ContactFact, choose_contacts
from regulars.domain.identifiers import profile_id_of
from regulars.domain.identity_facts import NO_FACTS, IdentityDecision
from regulars.identity.links import list_decisions_in_force
from regulars.identity.parked_links import ParkedLink
from regulars.identity.partition import Partition, partition_subjects
from regulars.store.contacts import Contacts
from regulars.store.profiles import Profiles

# Why links of strong evidence are parked that the owner may want to accept.
REVIEWED_REASONS = frozenset({"phone_only", "too_many", "two_user_ids"})


class PersonRecord(msgspec.Struct, frozen=True):
    """A person: all subjects, strongest first, and the value of each contact field."""

    subjects: tuple[str, ...]
    contact: Mapping[str, str]

    @property
    def name(self) -> str:
        """The strongest subject, which names the person."""
        return self.subjects[0]


class PeopleTable(msgspec.Struct, frozen=True):
    """Everybody with contact data, by the strongest subject, and the owner's decisions in force.

    `parked` are the links between two people that a rule forbids to join, each person named by its strongest subject.
    """

    records: dict[str, PersonRecord]
    decisions: tuple[IdentityDecision, ...]
    parked: tuple[ParkedLink, ...] = ()

    def is_separated(self, first: str, second: str) -> bool:
        """Return whether the owner has separated two people."""
        left, right = (frozenset(self.records[name].subjects) for name in (first, second))
        return any(decision.separates(left, right) for decision in self.decisions)


def load_people_table(profiles: Profiles, contacts: Contacts) -> PeopleTable:
    """Return everybody with contact data. This scans both tables."""
    facts = NO_FACTS.combine(*profiles.scan_facts())
    stated: dict[str, list[ContactFact]] = {}
    for fact in contacts.scan_facts({profile_id_of(subject): subject for subject in facts.births}):
        stated.setdefault(fact.subject, []).append(fact)
    partition = partition_subjects(facts)
    records = {record.name: record for record in _build_records(partition.people, stated)}
    return PeopleTable(
        records, tuple(list_decisions_in_force(facts)), tuple(_list_parked(partition))
    )


def _list_parked(partition: Partition) -> Iterator[ParkedLink]:
    """Yield one link for each two people whom strong evidence connects."""
    names = {subject: person[0] for person in partition.people for subject in person}
    seen = set[frozenset[str]]()
    for link in partition.parked:
        pair = (names.get(link.first, ""), names.get(link.second, ""))
        if link.reason in REVIEWED_REASONS and all(pair) and frozenset(pair) not in seen:
            seen.add(frozenset(pair))
            if pair[0] != pair[1]:
                yield ParkedLink(*pair, link.reason)


def _build_records(
    people: Iterable[tuple[str, ...]], stated: Mapping[str, list[ContactFact]]
) -> Iterator[PersonRecord]:
    for subjects in people:
        facts = [fact for subject in subjects for fact in stated.get(subject, ())]
        if contact := choose_contacts(facts).values:
            yield PersonRecord(subjects, contact)
