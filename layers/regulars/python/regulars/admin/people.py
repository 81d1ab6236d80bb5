"""Finds people for the owner, and waits until a decision about them has taken effect."""

from dataclasses import dataclass
from typing import Self

from regulars.admin.deployment import Deployment
from regulars.admin.polling import REAL_TIME, Polling
from regulars.domain.errors import NotFoundError
from regulars.identity.identifier_refusals import explain_unknown
from regulars.identity.identifier_search import list_possible_subjects
from regulars.profiles.decisions import PeopleDecisions
from regulars.profiles.people import PeopleDirectory
from regulars.profiles.person_contacts import PersonContacts
from regulars.profiles.served_profiles import ScoredProfile, ServedProfiles
from regulars.store.contacts import Contacts
from regulars.store.ledger import Ledger
from regulars.store.parameters import Parameters
from regulars.store.profiles import Profiles
from regulars.store.proposals import Proposals

MAX_WAIT_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class PeopleStores:
    """The stores of a deployment that concern people."""

    directory: PeopleDirectory
    decisions: PeopleDecisions
    contacts: PersonContacts
    proposals: Proposals
    profiles: Profiles
    parameters: Parameters
    country: str

    @classmethod
    def from_deployment(cls, deployment: Deployment) -> Self:
        """Open the stores of a deployment."""
        profiles = Profiles(deployment.profiles_table)
        parameters = Parameters(deployment.parameters_prefix)
        served = ServedProfiles(deployment.profiles_table)
        return cls(
            directory=PeopleDirectory(served=served, profiles=profiles),
            decisions=PeopleDecisions(profiles=profiles, ledger=Ledger(deployment.events_table)),
            contacts=PersonContacts(
                contacts=Contacts(deployment.contacts_table),
                read_identities=profiles.read_facts,
                read_pepper=parameters.read_pepper,
            ),
            proposals=Proposals(deployment.control_table),
            profiles=profiles,
            parameters=parameters,
            country=deployment.default_country,
        )

    def find_person(self, name: str) -> ScoredProfile:
        """Return the person whom an id or an identifier in clear names; raise NotFoundError, which says why if it is known."""
        try:
            return self.directory.require_person(name, self.list_subjects(name))
        except NotFoundError as error:
            raise self._explain_absence(name, error) from None

    def find_subject(self, name: str, person: ScoredProfile) -> str:
        """Return the person's subject that an identifier in clear names; raise NotFoundError."""
        subjects = (key for key in self.list_subjects(name) if key in person.subjects)
        subject = next(subjects, None)
        if subject is None:
            error = NotFoundError(f"{name} is no identifier of this person.")
            raise self._explain_absence(name, error)
        return subject

    def list_subjects(self, name: str) -> list[str]:
        """Return the subjects that an identifier in clear may name, the likeliest first."""
        return list_possible_subjects(name, self.parameters.read_pepper(), self.country)

    def await_decision(self, decision_id: str, subject: str, polling: Polling = REAL_TIME) -> bool:
        """Wait until a decision about a subject has taken effect, a minute at most; return whether it has."""
        attempts = polling.repeat(MAX_WAIT_SECONDS)
        return any(self._has_decision(decision_id, subject) for _ in attempts)

    def _explain_absence(self, name: str, error: NotFoundError) -> NotFoundError:
        reason = explain_unknown(name, self.country)
        return NotFoundError(f"{reason} See docs/identity.md.") if reason else error

    def _has_decision(self, decision_id: str, subject: str) -> bool:
        facts = self.profiles.read_facts([subject])
        return any(decision_id in part.decisions for part in facts.values())
