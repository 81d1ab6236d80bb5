"""The partition into people: its rules one by one, and a comparison with a brute-force version."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.domain.events import Event, OrderFact, event_id
from regulars.domain.identity_facts import IdentityFacts, limit_links, split_facts
from regulars.domain.identity_statements import collect_facts, facts_of
from regulars.domain.link_limits import LINK_LIMITS
from regulars.identity.partition import partition_subjects
from regulars.store.identity_codec import decode_facts, encode_facts
from tests.support.identity_ledgers import (
    DECISION_SAMPLES,
    STATEMENT_SAMPLES,
    build_decision,
    build_ledger,
    build_statement,
)
from tests.support.identity_oracle import partition_ledger


def list_people(*events: Event) -> list[set[str]]:
    return [set(person) for person in partition_subjects(collect_facts(events)).people]


def list_reasons(*events: Event) -> list[tuple[str, ...]]:
    parked = partition_subjects(collect_facts(events)).parked
    return [(link.first, link.second, link.reason) for link in parked]


def test_strong_statements_join_all_that_they_name() -> None:
    events = [
        build_statement(1, "verified", "e:ann", "c:7", "p:1"),
        build_statement(2, "server", "u:ann", "e:ann", "a:1"),
    ]
    assert list_people(*events) == [{"u:ann", "e:ann", "c:7", "p:1", "a:1"}]


def test_browser_creates_a_person_and_introduces_identifiers_to_one_that_exists() -> None:
    events = [
        build_statement(1, "browser", "u:ray", "e:work", "a:1"),
        build_statement(2, "browser", "u:ray", "e:home", "a:2"),
    ]
    assert list_people(*events) == [{"u:ray", "e:work", "e:home", "a:1", "a:2"}]


def test_browser_never_joins_people_that_both_exist() -> None:
    events = [build_statement(number, "browser", f"e:{number}") for number in range(60)]
    events += [
        build_statement(100 + number, "browser", "u:evil", f"e:{number}", "a:evil")
        for number in range(60)
    ]
    people = list_people(*events)
    assert sorted(map(len, people)) == [1] * 62
    assert ("u:evil", "e:1", "claim") in list_reasons(*events)


def test_browser_does_not_join_two_known_people_even_if_it_named_one_first() -> None:
    events = [
        build_statement(1, "verified", "u:victim"),
        build_statement(2, "browser", "u:victim", "e:evil"),
        build_statement(3, "verified", "e:evil", "c:9"),
    ]
    assert list_people(*events) == [{"e:evil", "c:9"}, {"u:victim"}]
    assert ("u:victim", "e:evil", "claim") in list_reasons(*events)


def test_claim_joins_when_stronger_evidence_says_the_same() -> None:
    events = [
        build_statement(1, "browser", "u:ann"),
        build_statement(2, "verified", "e:ann"),
        build_statement(3, "browser", "u:ann", "e:ann"),
    ]
    assert len(list_people(*events)) == 2
    assert len(list_people(*events, build_statement(4, "server", "u:ann", "e:ann"))) == 1


def test_browser_joins_no_two_people_by_a_new_identifier_beside_both() -> None:
    events = [
        build_statement(1, "browser", "u:ann"),
        build_statement(2, "browser", "e:bob"),
        build_statement(3, "browser", "u:ann", "e:bob", "p:new"),
    ]
    assert list_people(*events) == [{"e:bob"}, {"u:ann", "p:new"}]
    assert list_reasons(*events) == [("e:bob", "p:new", "claim"), ("u:ann", "e:bob", "claim")]


def test_identifiers_that_a_browser_introduced_come_to_one_known_person() -> None:
    events = [
        build_statement(1, "browser", "u:ann"),
        build_statement(2, "browser", "u:ann", "e:home"),
        build_statement(3, "browser", "u:ann", "e:work"),
        build_statement(4, "verified", "e:work", "c:1"),
        build_statement(5, "verified", "e:home", "c:2"),
    ]
    assert list_people(*events) == [{"e:work", "c:1"}, {"u:ann", "e:home", "c:2"}]
    assert list_reasons(*events) == [("u:ann", "e:work", "claim")]


def test_identifiers_stay_with_the_first_known_person_although_the_owner_separates_them() -> None:
    events = [
        build_statement(1, "browser", "u:ann"),
        build_statement(2, "browser", "u:ann", "e:home"),
        build_statement(3, "browser", "u:ann", "e:work"),
        build_statement(4, "verified", "e:home", "c:1"),
        build_statement(5, "verified", "e:work", "c:2"),
    ]
    assert list_people(*events) == [{"e:work", "c:2"}, {"u:ann", "e:home", "c:1"}]
    separate = build_decision(6, "separate", left=["u:ann"], right=["e:home"])
    assert list_people(*events, separate) == [{"e:home", "c:1"}, {"e:work", "c:2"}, {"u:ann"}]


def test_device_that_the_owner_joined_makes_no_person_known() -> None:
    events = [
        build_statement(1, "browser", "u:ann"),
        build_statement(2, "browser", "u:ann", "e:ann"),
        build_statement(3, "verified", "e:ann", "a:till"),
        build_decision(4, "join", left=["u:ann"], right=["a:till"]),
    ]
    assert list_people(*events) == [{"u:ann", "e:ann", "a:till"}]


def test_device_of_two_people_belongs_to_neither() -> None:
    events = [
        build_statement(1, "browser", "u:bea", "e:bea", "a:kiosk"),
        build_statement(2, "browser", "u:carl", "e:carl", "a:kiosk"),
    ]
    partition = partition_subjects(collect_facts(events))
    assert [set(person) for person in partition.people] == [
        {"a:kiosk"},
        {"u:bea", "e:bea"},
        {"u:carl", "e:carl"},
    ]
    assert partition.shared == {"a:kiosk"}


def test_phone_joins_a_till_and_a_shop_but_no_family() -> None:
    till = [
        build_statement(
            1, "verified", "c:till", "p:1", order=OrderFact(key="square/x", version="")
        ),
        build_statement(2, "verified", "e:ann", "p:1"),
    ]
    assert list_people(*till) == [{"e:ann", "c:till", "p:1"}]
    family = [
        build_statement(1, "verified", "e:vic", "c:1", "p:1"),
        build_statement(2, "verified", "e:wes", "c:2", "p:1"),
    ]
    assert list_people(*family) == [{"e:vic", "c:1", "p:1"}, {"e:wes", "c:2"}]
    assert list_reasons(*family) == [("e:wes", "p:1", "phone_only"), ("p:1", "c:2", "phone_only")]


def test_person_has_one_user_id_unless_a_server_aliases_two() -> None:
    events = [
        build_statement(1, "verified", "u:1", "e:ann"),
        build_statement(2, "verified", "u:2", "e:ann"),
    ]
    assert list_people(*events) == [{"u:1", "e:ann"}, {"u:2"}]
    assert list_reasons(*events) == [("u:2", "e:ann", "two_user_ids")]
    alias = replace(build_statement(3, "server", "u:1", "u:2"), type="Aliased")
    assert len(list_people(*events, alias)) == 1


def test_value_with_too_many_identities_is_worthless_and_undoes_its_merges() -> None:
    events = [build_statement(number, "server", "u:1", f"e:{number}") for number in range(5)]
    assert len(list_people(*events)) == 1
    events.append(build_statement(9, "server", "u:1", "e:9"))
    assert len(list_people(*events)) == 7
    assert partition_subjects(collect_facts(events)).worthless == {"u:1"}


def test_browser_cannot_make_a_known_value_worthless() -> None:
    events = [build_statement(1, "verified", "u:1", "e:0")]
    events += [
        build_statement(2 + number, "browser", "u:1", f"e:{number + 1}") for number in range(9)
    ]
    assert {"u:1", "e:0"} <= next(
        person for person in map(set, list_people(*events)) if "u:1" in person
    )


def test_owner_joins_past_every_rule_separates_for_good_and_undoes_both() -> None:
    events = [build_statement(1, "verified", "u:1"), build_statement(2, "verified", "u:2")]
    join = build_decision(3, "join", left=["u:1"], right=["u:2"])
    assert len(list_people(*events, join)) == 1
    separate = build_decision(4, "separate", left=["u:1"], right=["u:2"])
    assert len(list_people(*events, join, separate)) == 2
    undo = build_decision(5, "undo", undoes=separate.id, left=["u:1"], right=["u:2"])
    assert len(list_people(*events, join, separate, undo)) == 1


@settings(max_examples=600, deadline=None, derandomize=True)
@given(
    st.lists(STATEMENT_SAMPLES, max_size=25), st.lists(DECISION_SAMPLES, max_size=2), st.randoms()
)
def test_partition_equals_the_brute_force_version_whatever_the_order(
    statements: list[Any], decisions: list[Any], random: Any
) -> None:
    events = build_ledger(statements, decisions)
    expected = {frozenset(person) for person in partition_ledger(events).values()}
    random.shuffle(events)
    facts = collect_facts([*events, *events[:3]])
    assert {frozenset(person) for person in partition_subjects(facts).people} == expected
    assert decode_facts(encode_facts(facts)) == facts


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(STATEMENT_SAMPLES, max_size=25), st.randoms())
def test_facts_are_a_set(statements: list[Any], random: Any) -> None:
    events = build_ledger(statements, [])
    facts = collect_facts(events)
    parts = [*map(facts_of, events)]
    random.shuffle(parts)
    assert IdentityFacts().combine(*parts, *parts) == facts
    assert all(facts.includes(part) for part in parts)
    assert IdentityFacts().combine(*split_facts(facts).values()) == facts


def test_subject_keeps_its_best_links_only() -> None:
    events = [build_statement(number, "browser", f"e:{number}", "u:0") for number in range(100)]
    events += [build_statement(200, "verified", "e:99", "u:0")]
    kept = limit_links(collect_facts(events)).links
    assert len(kept) == LINK_LIMITS.stored_links
    assert ("u:0", "e:99") in kept
    assert ("u:0", "e:50") not in kept


def test_browser_joins_no_known_people_by_two_messages_of_one_moment() -> None:
    """A stranger chooses message ids, and so the bits that order what one batch states."""
    known = [
        build_statement(number, "server", f"e:{name}") for number, name in ((1, "a"), (2, "b"))
    ]
    first = build_statement(3, "browser", "u:eve", "e:a")
    second = replace(first, id=first.id[:4] + event_id("4")[4:], subjects=("u:eve", "e:b"))
    assert list_people(*known, first, second) == [{"e:b"}, {"u:eve", "e:a"}]
    assert list_reasons(*known, first, second) == [("u:eve", "e:b", "claim")]


@pytest.mark.parametrize("is_named", [False, True])
def test_device_separated_from_a_device_of_the_person_stays_apart(is_named: bool) -> None:
    events = [
        build_statement(1, "browser", "u:ann", "a:1"),
        *([build_statement(2, "browser", "a:2")] if is_named else []),
        build_decision(3, "join", left=["u:ann"], right=["a:2"]),
        build_decision(4, "separate", left=["a:1"], right=["a:2"]),
    ]
    ann = {"u:ann", "a:2"} if is_named else {"u:ann"}
    assert sorted(list_people(*events), key=min) == sorted([{"a:1"}, ann], key=min)


@pytest.mark.parametrize("is_linked", [False, True])
def test_devices_of_the_owner_come_in_one_order_whether_statements_link_them_or_not(
    is_linked: bool,
) -> None:
    events = [
        build_statement(1, "server", "a:2", "a:8"),
        build_statement(2, "server", "u:bob", "a:7")
        if is_linked
        else build_statement(2, "server", "a:7"),
        build_statement(3, "server", "u:ann"),
        build_decision(4, "join", left=["u:ann"], right=["a:2", "a:7"]),
        build_decision(5, "separate", left=["a:7"], right=["a:8"]),
    ]
    assert {"u:ann", "a:2", "a:8"} in list_people(*events)
    assert {"a:7"} in list_people(*events)
