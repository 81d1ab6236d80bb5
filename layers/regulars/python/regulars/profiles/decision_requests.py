"""Turn what the owner asks for into a decision about people: merge, split, undo, accept or refuse."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from regulars.domain.identity_facts import is_device
from regulars.profiles.decisions import DecisionRefusedError, PeopleDecisions, ProposedDecision
from regulars.profiles.people import PeopleDirectory
from regulars.profiles.served_profiles import ScoredProfile

PAIR_SIZE = 2
# Of each side of a join: each of them stores the decision, and one person may be merged a thousand times.
MAX_JOIN_NAMES = 5


class DecisionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the owner asks for.

    `merge` names two `people` by id; `split` names one, and the `identifiers` (subjects) that shall be another person;
    `undo` names a `decision`; `accept` and `refuse` name the two `identifiers` of a proposal. Nothing is recorded without
    `apply`.
    """

    action: Literal["merge", "split", "undo", "accept", "refuse"]
    people: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    decision: str = ""
    reason: str = ""
    apply: bool = False


def propose_decision(
    request: DecisionRequest, directory: PeopleDirectory, decisions: PeopleDecisions, now: datetime
) -> ProposedDecision:
    """Return the decision that was asked for, with what it changes; raise DecisionRefusedError or NotFoundError."""
    reason = request.reason
    if request.action == "undo":
        return decisions.propose_undo(request.decision, now, reason)
    if request.action == "merge":
        _require_count(request.people, PAIR_SIZE, "`people` must name two people by id.")
        pair = [directory.require_person(id_) for id_ in request.people]
        return _propose_join(decisions, pair, now, reason)
    if request.action == "split":
        _require_count(request.people, 1, "`people` must name one person by id.")
        person = directory.require_person(request.people[0])
        sides = _split_subjects(person, request.identifiers)
        return decisions.propose_separation(*sides, now, reason)
    _require_count(
        request.identifiers, PAIR_SIZE, "`identifiers` must name the two identifiers of a proposal."
    )
    pair = [directory.require_person("", [subject]) for subject in request.identifiers]
    if request.action == "accept":
        return _propose_join(decisions, pair, now, reason)
    left, right = map(_list_names, pair)
    return decisions.propose_separation(left, right, now, reason)


def _propose_join(
    decisions: PeopleDecisions, pair: Sequence[ScoredProfile], now: datetime, reason: str
) -> ProposedDecision:
    """Return the decision that two people are one, by their strongest identifiers."""
    left, right = (_list_names(person)[:MAX_JOIN_NAMES] for person in pair)
    return decisions.propose_join(left, right, now, reason)


def _require_count(names: tuple[str, ...], count: int, message: str) -> None:
    if len(names) != count or not all(names):
        raise DecisionRefusedError(message)


def _list_names(person: ScoredProfile) -> list[str]:
    """Return the subjects that name a person in a separation: all, so that none goes over to the other side; no devices."""
    names = [subject for subject in person.subjects if not is_device(subject)]
    return names or list(person.subjects)


def _split_subjects(
    person: ScoredProfile, identifiers: tuple[str, ...]
) -> tuple[list[str], list[str]]:
    """Return the identifiers of the new person, and those that stay; devices follow the identifiers they lead to."""
    unknown = set(identifiers) - set(person.subjects)
    if unknown or not identifiers:
        raise DecisionRefusedError(
            "`identifiers` must name identifiers of this person, as `people show` lists them."
        )
    others = [key for key in person.subjects if key not in identifiers and not is_device(key)]
    rest = others or [key for key in person.subjects if key not in identifiers]
    if not rest:
        raise DecisionRefusedError("Leave the person at least one identifier.")
    return list(identifiers), rest
