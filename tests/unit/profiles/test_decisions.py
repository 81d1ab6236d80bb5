"""The owner's decisions about people: what they change, what is refused, and that an undo gives back what was there."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import pytest

from regulars.domain.errors import NotFoundError
from regulars.domain.profiles import encode_state
from regulars.profiles import decisions as decisions_module
from regulars.profiles.decision_requests import (
    MAX_JOIN_NAMES,
    DecisionRequest,
    propose_decision,
)
from regulars.profiles.decisions import DecisionRefusedError, PeopleDecisions, ProposedDecision
from regulars.profiles.people import PeopleDirectory
from regulars.profiles.served_profiles import ScoredProfile
from tests.support.memory_stores import MemoryStores
from tests.support.profile_stories import build_event, build_order_event, deliver_events

NOW = datetime(2026, 11, 21, tzinfo=UTC)
LATER_TIME = datetime(2026, 11, 22, tzinfo=UTC)
STORED_PEOPLE = [("e:bob",), ("u:ann", "e:ann")]


@pytest.fixture
def memory() -> MemoryStores:
    """A shop with Ann, who has a user id and an address, and Bob, who has an address."""
    memory = MemoryStores()
    deliver_events(
        memory,
        build_order_event("order", "shop/1", "u:ann", "e:ann"),
        build_event("mail", "e:bob", day=2, source="shopify/main"),
    )
    return memory


@pytest.fixture
def decisions(memory: MemoryStores) -> PeopleDecisions:
    return PeopleDecisions(profiles=memory.profiles, ledger=memory.ledger)


def apply_decision(memory: MemoryStores, proposed: ProposedDecision) -> str:
    """Record a decision, and deliver it as the stream does."""
    deliver_events(memory, proposed.event)
    return proposed.event.id


def list_subjects(memory: MemoryStores) -> list[tuple[str, ...]]:
    return sorted(profile.subjects for profile in memory.list_profiles().values())


def list_states(memory: MemoryStores) -> dict[str, bytes]:
    return {key: encode_state(one.state) for key, one in memory.list_profiles().items()}


def test_join_shows_the_person_that_two_become(
    memory: MemoryStores, decisions: PeopleDecisions
) -> None:
    proposed = decisions.propose_join(["u:ann"], ["e:bob"], NOW)
    assert sorted(profile.subjects for profile in proposed.before) == STORED_PEOPLE
    (together,) = proposed.after
    assert together.subjects == ("u:ann", "e:ann", "e:bob")
    assert (together.state.events, together.state.orders.count) == (2, 1)
    assert list_subjects(memory) == STORED_PEOPLE


def test_recorded_join_holds(memory: MemoryStores, decisions: PeopleDecisions) -> None:
    proposed = decisions.propose_join(["u:ann"], ["e:bob"], NOW)
    assert decisions.record_decision(proposed) == proposed.event.id
    apply_decision(memory, proposed)
    assert [memory.list_profiles()[proposed.after[0].profile_id].state] == [proposed.after[0].state]


def test_undo_gives_back_what_was_there_and_what_came_since(
    memory: MemoryStores, decisions: PeopleDecisions
) -> None:
    before = list_states(memory)
    id_ = apply_decision(memory, decisions.propose_join(["u:ann"], ["e:bob"], NOW))
    apply_decision(memory, decisions.propose_undo(id_, LATER_TIME))
    assert list_states(memory) == before
    deliver_events(memory, build_event("page", "e:bob", day=3))
    assert {one.subjects: one.state.events for one in memory.list_profiles().values()} == {
        ("e:bob",): 2,
        ("u:ann", "e:ann"): 1,
    }


def test_split_holds_against_evidence_that_comes_again(
    memory: MemoryStores, decisions: PeopleDecisions
) -> None:
    proposed = decisions.propose_separation(["e:ann"], ["u:ann"], NOW)
    assert sorted(profile.subjects for profile in proposed.after) == [("e:ann",), ("u:ann",)]
    apply_decision(memory, proposed)
    deliver_events(memory, build_event("login", "u:ann", "e:ann", day=5, source="shopify/main"))
    assert list_subjects(memory) == [("e:ann",), ("e:bob",), ("u:ann",)]


def test_separation_of_two_people_keeps_them_apart(
    memory: MemoryStores, decisions: PeopleDecisions
) -> None:
    proposed = decisions.propose_separation(["u:ann"], ["e:bob"], NOW)
    assert (proposed.before, proposed.after) == ((), ())
    apply_decision(memory, proposed)
    deliver_events(memory, build_event("login", "u:ann", "e:bob", day=5, source="shopify/main"))
    assert list_subjects(memory) == STORED_PEOPLE


def test_join_of_one_person_is_refused(decisions: PeopleDecisions) -> None:
    with pytest.raises(DecisionRefusedError, match="one person already"):
        decisions.propose_join(["u:ann"], ["e:ann"], NOW)
    with pytest.raises(DecisionRefusedError, match="one person already"):
        decisions.propose_join(["u:ann"], ["u:ann"], NOW)


def test_join_of_separated_people_names_the_decision_to_undo(
    memory: MemoryStores, decisions: PeopleDecisions
) -> None:
    id_ = apply_decision(memory, decisions.propose_separation(["u:ann"], ["e:bob"], NOW))
    with pytest.raises(DecisionRefusedError, match=id_):
        decisions.propose_join(["u:ann"], ["e:bob"], LATER_TIME)


@pytest.mark.parametrize(("left", "right"), [([], ["u:ann"]), (["u:ann"], ["u:ann", "e:ann"])])
def test_separation_without_two_sides_is_refused(
    decisions: PeopleDecisions, left: list[str], right: list[str]
) -> None:
    with pytest.raises(DecisionRefusedError, match="both sides"):
        decisions.propose_separation(left, right, NOW)


def test_decision_is_undone_once(memory: MemoryStores, decisions: PeopleDecisions) -> None:
    id_ = apply_decision(memory, decisions.propose_join(["u:ann"], ["e:bob"], NOW))
    undo_id = apply_decision(memory, decisions.propose_undo(id_, LATER_TIME))
    with pytest.raises(DecisionRefusedError, match=undo_id):
        decisions.propose_undo(id_, LATER_TIME)
    for unknown in ("AAAAAAAAAAAAAAAA", undo_id):
        with pytest.raises(NotFoundError):
            decisions.propose_undo(unknown, LATER_TIME)


class MemoryDirectory(PeopleDirectory):
    """The people of stores in memory, by id."""

    list_profiles: Callable[[], dict[str, ScoredProfile]]

    def __init__(self, memory: MemoryStores) -> None:
        object.__setattr__(self, "list_profiles", memory.list_profiles)

    def require_person(self, profile_id: str, _subjects: Iterable[str] = ()) -> ScoredProfile:
        return self.list_profiles()[profile_id]


def test_decision_of_a_large_person_names_few_of_its_identifiers(
    memory: MemoryStores, decisions: PeopleDecisions
) -> None:
    directory = MemoryDirectory(memory)
    for number in range(12):
        deliver_events(memory, build_event(f"visit {number}", f"u:other{number}", day=3))
        people = {one.subjects[0]: one.profile_id for one in memory.list_profiles().values()}
        pair = (people["u:ann"], people[f"u:other{number}"])
        request = DecisionRequest(action="merge", people=pair)
        proposed = propose_decision(request, directory, decisions, NOW)
        assert len(proposed.event.properties["left"]) <= MAX_JOIN_NAMES
        apply_decision(memory, proposed)
    assert max(len(subjects) for subjects in list_subjects(memory)) == 14


def test_decision_is_refused_when_an_identifier_is_named_in_too_many(
    memory: MemoryStores, decisions: PeopleDecisions, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = apply_decision(memory, decisions.propose_join(["u:ann"], ["e:bob"], NOW))
    monkeypatch.setattr(decisions_module, "MAX_FACTS_BYTES", 100)
    with pytest.raises(DecisionRefusedError, match="too many decisions"):
        decisions.propose_separation(["u:ann"], ["e:ann"], LATER_TIME)
    assert decisions.propose_undo(id_, LATER_TIME).after
