"""Show people and decisions about them to the owner."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.api.contact_views import contact_view
from regulars.api.disclosure.views import identifiers_view
from regulars.api.profile_views import profile_view
from regulars.domain.contacts import Contact
from regulars.profiles.decisions import ProposedDecision
from regulars.profiles.people import CheckedProposal, PersonDetails, kind_of
from regulars.profiles.served_profiles import ScoredProfile

SUMMARY_FIELDS = ("id", "first_seen", "last_seen", "events", "orders", "consent")
# The subjects of a decision in the two sides that it joins or separates.
SIDE_NAMES = ("left", "right")

type ClearValues = Mapping[str, str]  # subject → its value in clear, for those that are known


def person_view(
    details: PersonDetails, contact: Contact, values: ClearValues, now: datetime
) -> dict[str, Any]:
    """Return the profile and the contact data of a person, and what decides who it is."""
    parts: dict[str, Any] = {
        "identifiers": identifiers_view(details, values),
        "links": msgspec.to_builtins(details.links),
        "decisions": [
            msgspec.structs.asdict(one) | _name_sides(msgspec.structs.asdict(one), values)
            for one in details.decisions
        ],
        "proposals": [
            msgspec.structs.asdict(one)
            | {"value": values.get(one.subject), "other_value": values.get(one.other_subject)}
            for one in details.proposals
        ],
    }
    return profile_view(details.profile, now) | contact_view(contact) | parts


def decision_view(
    proposed: ProposedDecision, values: ClearValues, now: datetime, *, is_applied: bool
) -> dict[str, Any]:
    """Return a decision, and the people whom it changes as they are and as they will be."""
    return {
        "decision": proposed.event.id if is_applied else None,
        "applied": is_applied,
        **proposed.event.properties,
        **_name_sides(proposed.event.properties, values),
        "before": [_summarize_person(profile, values, now) for profile in proposed.before],
        "after": [_summarize_person(profile, values, now) for profile in proposed.after],
    }


def proposal_view(
    checked: CheckedProposal, contacts: Sequence[Contact], values: ClearValues
) -> dict[str, Any]:
    """Return two people who may be one, with the evidence and the contact data of both."""
    people = [
        {
            "id": person.profile_id,
            "identifiers": name_identifiers(person.subjects, values),
            "contact": contact.values,
        }
        for person, contact in zip((checked.left, checked.right), contacts, strict=True)
    ]
    proposal = checked.proposal
    return {
        "probability": proposal.probability and round(proposal.probability, 3),
        "evidence": list(proposal.evidence),
        "proposed_at": proposal.proposed_at,
        "identifiers": name_identifiers((proposal.left, proposal.right), values),
        "people": people,
    }


def name_identifiers(subjects: Iterable[str], values: ClearValues) -> list[dict[str, Any]]:
    """Return each identifier by its subject, its kind, and its value in clear or None."""
    return [
        {"subject": subject, "kind": kind_of(subject), "value": values.get(subject)}
        for subject in subjects
    ]


def _name_sides(decision: Mapping[str, Any], values: ClearValues) -> dict[str, Any]:
    return {side: name_identifiers(decision[side], values) for side in SIDE_NAMES}


def _summarize_person(profile: ScoredProfile, values: ClearValues, now: datetime) -> dict[str, Any]:
    view = profile_view(profile, now)
    return {name: view[name] for name in SUMMARY_FIELDS} | {
        "identifiers": name_identifiers(profile.subjects, values)
    }
