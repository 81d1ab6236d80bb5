"""Show people and decide about them: the use cases of the API and of the command line."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from regulars.api.people_views import decision_view, person_view, proposal_view
from regulars.profiles.decision_requests import DecisionRequest, propose_decision
from regulars.profiles.decisions import PeopleDecisions
from regulars.profiles.people import PeopleDirectory
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
        return [
            proposal_view(
                one, [self.contacts.read_contact(side.subjects) for side in (one.left, one.right)]
            )
            for one in self.directory.check_proposals(stored)
        ]

    def show_person(self, profile_id: str, now: datetime) -> dict[str, Any]:
        """Return a person with contact data, identifiers, links, decisions and proposals; raise NotFoundError."""
        details = self.directory.describe_person(self.directory.require_person(profile_id))
        return person_view(details, self.contacts.read_contact(details.profile.subjects), now)

    def decide(self, request: DecisionRequest, now: datetime) -> dict[str, Any]:
        """Return what a decision changes, and record it when the request says so.

        Raise NotFoundError or DecisionRefusedError when it cannot be made.
        """
        proposed = propose_decision(request, self.directory, self.decisions, now)
        if request.apply:
            self.decisions.record_decision(proposed)
        return decision_view(proposed, now, is_applied=request.apply)
