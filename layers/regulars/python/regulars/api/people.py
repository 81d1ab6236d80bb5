"""Show people and decide about them: the use cases of the API and of the command line."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from regulars.api.disclosure.clear_values import name_subjects
from regulars.api.people_views import decision_view, person_view, proposal_view
from regulars.domain.contacts import ContactFact, choose_contacts
from regulars.identity.decisions import require_decision
from regulars.profiles.decision_requests import DecisionRequest, propose_decision
from regulars.profiles.decisions import PeopleDecisions
from regulars.profiles.people import CheckedProposal, PeopleDirectory, PersonDetails
from regulars.profiles.person_contacts import PersonContacts
from regulars.store.proposals import Proposals

MAX_SHOWN_PROPOSALS = 50  # more than an owner reviews at one time


@dataclass(frozen=True, kw_only=True)
class PeopleDesk:
    """The stores with which the owner looks at people and decides about them."""

    directory: PeopleDirectory
    decisions: PeopleDecisions
    contacts: PersonContacts
    proposals: Proposals

    def list_proposals(self) -> list[dict[str, Any]]:
        """Return the open proposals, the most probable first, each with the contact data of both people."""
        stored = self.proposals.read_proposals()[:MAX_SHOWN_PROPOSALS]
        return [self._show_proposal(one) for one in self.directory.check_proposals(stored)]

    def show_person(self, profile_id: str, now: datetime) -> dict[str, Any]:
        """Return a person with contact data, identifiers, links, decisions and proposals; raise NotFoundError."""
        details = self.directory.describe_person(self.directory.require_person(profile_id))
        contact = self.contacts.read_contact(details.profile.subjects)
        return person_view(details, contact, self._read_values(_list_shown(details)), now)

    def decide(self, request: DecisionRequest, now: datetime) -> dict[str, Any]:
        """Return what a decision changes, and record it when the request says so.

        Raise NotFoundError or DecisionRefusedError when it cannot be made.
        """
        proposed = propose_decision(request, self.directory, self.decisions, now)
        if request.apply:
            self.decisions.record_decision(proposed)
        people = (*proposed.before, *proposed.after)
        sides = require_decision(proposed.event).subjects
        values = self._read_values(sides.union(*(person.subjects for person in people)))
        return decision_view(proposed, values, now, is_applied=request.apply)

    def _show_proposal(self, checked: CheckedProposal) -> dict[str, Any]:
        sides = [
            self.contacts.read_facts(person.subjects) for person in (checked.left, checked.right)
        ]
        facts = [fact for side in sides for fact in side]
        return proposal_view(checked, list(map(choose_contacts, sides)), self._name_subjects(facts))

    def _read_values(self, subjects: Iterable[str]) -> dict[str, str]:
        """Return in clear those of the subjects whose value the contact data holds."""
        return self._name_subjects(self.contacts.read_facts(subjects))

    def _name_subjects(self, facts: Iterable[ContactFact]) -> dict[str, str]:
        return name_subjects(facts, self.contacts.read_pepper())


def _list_shown(details: PersonDetails) -> set[str]:
    """Return every subject that is shown of a person, its decisions and its proposals."""
    decided = ({*one.left, *one.right} for one in details.decisions)
    proposed = (set(one.other_subjects) for one in details.proposals)
    return {*details.profile.subjects}.union(*decided, *proposed)
