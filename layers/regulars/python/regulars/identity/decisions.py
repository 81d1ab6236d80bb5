"""Build the owner's decisions about people, as events of the ledger, and compute what one of them changes."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec.structs import replace

from regulars.domain.errors import InvalidRequestError
from regulars.domain.events import Event, event_id
from regulars.domain.identity_facts import IdentityDecision, IdentityFacts
from regulars.domain.identity_statements import DECISION_EVENT_TYPE, facts_of
from regulars.domain.times import to_text
from regulars.domain.trust import Trust
from regulars.identity.people import Person, list_people
from regulars.identity.region import Region

OWNER_SOURCE = "regulars/owner"


class PeopleChange(msgspec.Struct, frozen=True):
    """The people whom a decision changes, as they are and as they would be."""

    before: tuple[Person, ...] = ()
    after: tuple[Person, ...] = ()

    @property
    def subjects(self) -> frozenset[str]:
        """The subjects of all these people."""
        people = (*self.before, *self.after)
        return frozenset().union(*(person.subjects for person in people))


def build_decision_event(
    action: str,
    left: Iterable[str],
    right: Iterable[str],
    now: datetime,
    *,
    undoes: str = "",
    reason: str = "",
) -> Event:
    """Return the event of a decision about the subjects of both sides (see `IdentityDecision`)."""
    at = to_text(now)
    sides = {"left": sorted(left), "right": sorted(right)}
    texts = {name: text for name, text in {"undoes": undoes, "reason": reason}.items() if text}
    return Event(
        id=event_id(DECISION_EVENT_TYPE, action, *sides["left"], "", *sides["right"], undoes, at),
        type=DECISION_EVENT_TYPE,
        channel="crm",
        source=OWNER_SOURCE,
        occurred_at=at,
        received_at=at,
        properties={"action": action, **sides, **texts},
        trust=Trust.OWNER.name.lower(),
    )


def read_decision(event: Event) -> IdentityDecision | None:
    """Return the decision of an event; None when it is another event."""
    return facts_of(event).decisions.get(event.id)


def require_decision(event: Event) -> IdentityDecision:
    """Return the decision of an event; raise InvalidRequestError when it is none."""
    decision = read_decision(event)
    if decision is None:
        raise InvalidRequestError("This is no decision about people.")
    return decision


def find_undo(decision: IdentityDecision, facts: IdentityFacts) -> IdentityDecision | None:
    """Return the decision that undoes this one; None when it is in force."""
    undos = (other for other in facts.decisions.values() if other.undoes == decision.id)
    return min(undos, key=lambda undo: undo.moment, default=None)


def compute_change(region: Region, decision: IdentityDecision) -> PeopleChange:
    """Return what a decision changes for the people of a region, which was loaded for all whom it changes."""
    decided = IdentityFacts(decisions={decision.id: decision})
    before = {person.subjects: person for person in list_people(region)}
    changed_region = replace(region, facts=region.facts.combine(decided))
    after = {person.subjects: person for person in list_people(changed_region)}
    return PeopleChange(
        tuple(person for subjects, person in before.items() if subjects not in after),
        tuple(person for subjects, person in after.items() if subjects not in before),
    )
