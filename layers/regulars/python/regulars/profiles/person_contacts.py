"""Read the contact data of a person, with each e-mail address and phone number at the person whom it identifies."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import msgspec

from regulars.domain.contacts import ADDRESS_FIELDS, Contact, ContactFact, choose_contacts
from regulars.domain.identifiers import normalize_identifier, subject_key
from regulars.domain.identity_facts import (
    EMAIL_LETTER,
    NO_FACTS,
    PHONE_LETTER,
    IdentityFacts,
    is_device,
)
from regulars.identity.links import list_decisions_in_force
from regulars.identity.people import find_people
from regulars.identity.subject_facts import FactReader
from regulars.store.contacts import Contacts

ADDRESS_LETTERS = frozenset({EMAIL_LETTER, PHONE_LETTER})
# A browser may link an address with many others: a look-up reads what was stated of no more than these.
MAX_LINKED_SUBJECTS = 20


@dataclass(frozen=True, kw_only=True)
class PersonContacts:
    """The contact data of people.

    Contact data is stored under the strongest subject of the event that states it. An address in it is an identifier
    as well, and may be that of another person: the owner separated the two, or a rule did not join them.
    """

    contacts: Contacts
    read_identities: FactReader
    read_pepper: Callable[[], bytes]

    def read_contact(self, subjects: Iterable[str]) -> Contact:
        """Return the contact data of the person with these subjects."""
        return choose_contacts(self.read_facts(subjects))

    def read_facts(self, subjects: Iterable[str]) -> list[ContactFact]:
        """Return all that was stated of the person with these subjects, in no order.

        An address that the owner separated from the person is left out. An address of the person that was stated of
        another one is added.
        """
        own = frozenset(subjects)
        facts = NO_FACTS.combine(*self.read_identities(own).values())
        return [
            *self._omit_separated(self.contacts.read_facts(own), own, facts),
            *self._list_stated_elsewhere(own, facts),
        ]

    def _omit_separated(
        self, stated: Iterable[ContactFact], own: frozenset[str], facts: IdentityFacts
    ) -> list[ContactFact]:
        named = [(fact, self._find_address(fact)) for fact in stated]
        decisions = list_decisions_in_force(facts)
        foreign = {address for _, address in named if address and address not in own}
        people = find_people(foreign, self.read_identities) if decisions and foreign else {}
        separated = {
            address
            for address, person in people.items()
            if any(decision.separates(own, frozenset(person.subjects)) for decision in decisions)
        }
        return [fact for fact, address in named if address not in separated]

    def _list_stated_elsewhere(
        self, own: frozenset[str], facts: IdentityFacts
    ) -> Iterator[ContactFact]:
        for fact in self.contacts.read_facts(_list_linked_subjects(own, facts)):
            address = self._find_address(fact)
            if address in own:
                yield msgspec.structs.replace(fact, subject=address)

    def _find_address(self, fact: ContactFact) -> str:
        """Return the subject of the address that a fact states, '' if it states none."""
        if fact.field not in ADDRESS_FIELDS:
            return ""
        identifier = normalize_identifier(fact.field, fact.value)
        return subject_key(identifier, self.read_pepper()) if identifier else ""


def _list_linked_subjects(own: frozenset[str], facts: IdentityFacts) -> list[str]:
    """Return the subjects of other people that were named with an address of a person, the best evidence first."""
    ranks: dict[str, tuple[bool, int, int]] = {}
    for pair, evidence in facts.links.items():
        for address, other in (pair, pair[::-1]):
            is_wanted = address in own and address[:1] in ADDRESS_LETTERS
            if is_wanted and other not in own and not is_device(other):
                ranks[other] = min(ranks.get(other, evidence.precedence), evidence.precedence)
    return sorted(ranks, key=lambda other: (ranks[other], other))[:MAX_LINKED_SUBJECTS]
