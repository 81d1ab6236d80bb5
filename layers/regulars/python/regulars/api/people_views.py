"""Show people and decisions about them to the owner."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.api.contact_views import contact_view
from regulars.api.profile_views import profile_view
from regulars.domain.contacts import Contact
from regulars.profiles.decisions import ProposedDecision
from regulars.profiles.people import CheckedProposal, PersonDetails
from regulars.profiles.served_profiles import ScoredProfile

SUMMARY_FIELDS = ("id", "first_seen", "last_seen", "events", "orders", "consent")


def person_view(details: PersonDetails, contact: Contact, now: datetime) -> dict[str, Any]:
    """Return the profile and the contact data of a person, and what decides who it is."""
    parts: dict[str, Any] = {
        name: msgspec.to_builtins(getattr(details, name))
        for name in ("identifiers", "links", "decisions", "proposals")
    }
    return profile_view(details.profile, now) | contact_view(contact) | parts


def decision_view(proposed: ProposedDecision, now: datetime, *, is_applied: bool) -> dict[str, Any]:
    """Return a decision, and the people whom it changes as they are and as they will be."""
    return {
        "decision": proposed.event.id if is_applied else None,
        "applied": is_applied,
        **proposed.event.properties,
        "before": [_summarize_person(profile, now) for profile in proposed.before],
        "after": [_summarize_person(profile, now) for profile in proposed.after],
    }


def proposal_view(checked: CheckedProposal, contacts: Sequence[Contact]) -> dict[str, Any]:
    """Return two people who may be one, with the evidence and the contact data of both."""
    people = [
        {"id": person.profile_id, "identifiers": list(person.subjects), "contact": contact.values}
        for person, contact in zip((checked.left, checked.right), contacts, strict=True)
    ]
    proposal = checked.proposal
    return {
        "probability": proposal.probability and round(proposal.probability, 3),
        "evidence": list(proposal.evidence),
        "proposed_at": proposal.proposed_at,
        "identifiers": [proposal.left, proposal.right],
        "people": people,
    }


def _summarize_person(profile: ScoredProfile, now: datetime) -> dict[str, Any]:
    view = profile_view(profile, now)
    return {name: view[name] for name in SUMMARY_FIELDS} | {"identifiers": list(profile.subjects)}
