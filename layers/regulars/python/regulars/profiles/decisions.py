"""Decide about people for the owner: show what a decision would change, and record it in the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from regulars.domain.errors import InvalidRequestError, NotFoundError
from regulars.domain.events import Event
from regulars.domain.identity_facts import IdentityDecision, IdentityFacts
from regulars.identity.decisions import (
    build_decision_event,
    compute_change,
    find_undo,
    read_decision,
    require_decision,
)
from regulars.identity.links import list_decisions_in_force
from regulars.identity.people import list_people
from regulars.identity.region import Region, load_region
from regulars.profiles.served_profiles import ScoredProfile, SubjectCache
from regulars.store.identity_codec import encode_facts
from regulars.store.ledger import Ledger
from regulars.store.profiles import Profiles

# Of a subject's facts, after which it takes no more decisions: DynamoDB holds 400 KB in an item. An undo may need the rest.
MAX_FACTS_BYTES = 250_000


class DecisionRefusedError(InvalidRequestError):
    """The decision would change nothing, or contradicts an earlier one; the message says what to do."""

    code = "decision_refused"


class ProposedDecision(msgspec.Struct, frozen=True):
    """A decision that is not recorded yet, and the people whom it changes, as they are and as they would be."""

    event: Event
    before: tuple[ScoredProfile, ...] = ()
    after: tuple[ScoredProfile, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PeopleDecisions:
    """The facts and profiles of people, and the ledger in which decisions are recorded."""

    profiles: Profiles
    ledger: Ledger

    def propose_join(
        self, left: Iterable[str], right: Iterable[str], now: datetime, reason: str = ""
    ) -> ProposedDecision:
        """Return the decision that the subjects of both sides are one person.

        Raise DecisionRefusedError when they are one already, or when the owner has separated them.
        """
        event = build_decision_event("join", left, right, now, reason=reason)
        proposed, region = self._propose(event)
        if not proposed.after:
            raise DecisionRefusedError(_explain_useless_join(event, region))
        return proposed

    def propose_separation(
        self, left: Iterable[str], right: Iterable[str], now: datetime, reason: str = ""
    ) -> ProposedDecision:
        """Return the decision that no subject of one side is the same person as one of the other.

        For two people it means that nothing will join them. Raise DecisionRefusedError when a side is empty.
        """
        sides = set(left), set(right)
        if not all(sides) or sides[0] & sides[1]:
            raise DecisionRefusedError("Name identifiers on both sides, and none on both.")
        return self._propose(build_decision_event("separate", *sides, now, reason=reason))[0]

    def propose_undo(self, decision_id: str, now: datetime, reason: str = "") -> ProposedDecision:
        """Return the decision that an earlier one no longer holds.

        Raise NotFoundError when there is no decision with this id, DecisionRefusedError when it was undone already.
        """
        events = self.ledger.read_events([decision_id])
        decision = read_decision(events[0]) if events else None
        if decision is None or decision.action == "undo":
            raise NotFoundError("There is no decision with this id that can be undone.")
        sides = decision.left, decision.right
        event = build_decision_event("undo", *sides, now, undoes=decision.id, reason=reason)
        proposed, region = self._propose(event)
        if undo := find_undo(decision, region.facts):
            raise DecisionRefusedError(f"It was undone already, by the decision {undo.id}.")
        return proposed

    def record_decision(self, proposed: ProposedDecision) -> str:
        """Record the decision in the ledger and return its id; it takes effect when the stream has carried it."""
        self.ledger.record_events([proposed.event])
        return proposed.event.id

    def _propose(self, event: Event) -> tuple[ProposedDecision, Region]:
        """Return the decision with what it changes, and the region as it is before."""
        cache = SubjectCache(self.profiles)
        decision = require_decision(event)
        region = load_region(decision.subjects, cache.read_facts)
        # The devices of others whom the decision changes are not read yet.
        changed = compute_change(region, decision).subjects
        region = load_region(decision.subjects | changed, cache.read_facts)
        if decision.action != "undo" and _is_too_large(decision, cache):
            raise DecisionRefusedError("One of the identifiers is named in too many decisions.")
        change = compute_change(region, decision)
        before, after = (
            tuple(cache.build_profile(person) for person in people)
            for people in (change.before, change.after)
        )
        return ProposedDecision(event=event, before=before, after=after), region


def _is_too_large(decision: IdentityDecision, cache: SubjectCache) -> bool:
    """Return whether the facts of one of the subjects become too large for its item with this decision."""
    decided = IdentityFacts(decisions={decision.id: decision})
    facts = cache.read_facts(decision.subjects).values()
    return any(len(encode_facts(one.combine(decided))) > MAX_FACTS_BYTES for one in facts)


def _explain_useless_join(event: Event, region: Region) -> str:
    subjects = require_decision(event).subjects
    if any(subjects.issubset(person.subjects) for person in list_people(region)):
        return "They are one person already."
    separations = [
        decision.id
        for decision in list_decisions_in_force(region.facts)
        if decision.action == "separate"
    ]
    return f"They were separated. Undo that first: {', '.join(separations)}."
