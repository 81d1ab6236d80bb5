"""The owner's decisions about people: what they change, what is refused, and that an undo gives back what was there."""

from datetime import UTC, datetime

import pytest

from regulars.domain.errors import NotFoundError
from regulars.domain.profiles import encode_state
from regulars.profiles.decisions import DecisionRefusedError, PeopleDecisions, ProposedDecision
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
