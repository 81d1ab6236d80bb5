"""The partition into people: its rules one by one, and a comparison with a brute-force version."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.domain.events import Event, OrderFact, event_id
from regulars.domain.identity_facts import MAX_LINKS, IdentityFacts, limit_links, split_facts
from regulars.domain.identity_statements import collect_facts, facts_of
from regulars.identity.links import MAX_BROWSER_LINKED_SUBJECTS
from regulars.identity.partition import partition_subjects
from regulars.store.identity_codec import decode_facts, encode_facts
from tests.support.identity_oracle import partition_ledger

SOURCES = {"browser": "segment/web", "server": "segment/api", "verified": "shopify/main"}


def build_statement(
    number: int, trust: str, *subjects: str, second: int | None = None, **fields: Any
) -> Event:
    at = number if second is None else second
    return Event(
        id=event_id(str(number)),
        type="Page Viewed",
        channel="web",
        source=SOURCES.get(trust, "owner/console"),
        occurred_at="2026-11-01T10:00:00.000Z",
        received_at=f"2026-11-01T{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}.000Z",
        subjects=subjects,
        trust="" if trust in {"browser", "verified"} else trust,
        **fields,
    )


def build_decision(number: int, action: str, **sides: Any) -> Event:
    return Event(
        id=event_id(str(number)),
        type="Identity Decided",
        channel="crm",
        source="owner/console",
        occurred_at="2026-11-01T10:00:00.000Z",
        received_at="2026-11-01T10:00:00.000Z",
        trust="owner",
        properties={"action": action, **sides},
    )


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


SUBJECTS = st.sampled_from([f"{letter}:{number}" for letter in "uuuepppca" for number in range(7)])
STATEMENT_SAMPLES = st.tuples(
    st.sampled_from(["browser", "browser", "server", "verified"]),
    st.lists(SUBJECTS, min_size=1, max_size=4, unique=True),
    st.integers(0, 12),
    st.booleans(),
)
DECISION_SAMPLES = st.tuples(
    st.sampled_from(["join", "separate"]), st.lists(SUBJECTS, min_size=2, max_size=3, unique=True)
)


def build_ledger(
    statements: Sequence[tuple[str, list[str], int, bool]],
    decisions: Sequence[tuple[str, list[str]]],
) -> list[Event]:
    events = [
        build_statement(
            number,
            trust,
            *subjects,
            second=second,
            **({"order": OrderFact(key="stripe/x", version="")} if has_order else {}),
        )
        for number, (trust, subjects, second, has_order) in enumerate(statements)
    ]
    events += [
        build_decision(1000 + number, action, left=subjects[:1], right=subjects[1:])
        for number, (action, subjects) in enumerate(decisions)
    ]
    return events


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
    assert len(kept) == MAX_LINKS
    assert ("u:0", "e:99") in kept
    assert ("u:0", "e:50") not in kept


def test_links_connect_a_bounded_number_of_subjects() -> None:
    chain = [f"{'ue'[number % 2]}:{number}" for number in range(MAX_BROWSER_LINKED_SUBJECTS + 2)]
    events = [
        build_statement(number, "browser", *pair) for number, pair in enumerate(pairwise(chain))
    ]
    assert {reason for _, _, reason in list_reasons(*events)} == {"hub"}
    assert all(len(person) == 1 for person in list_people(*events))


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
