"""Whatever subject a region is loaded from, its people are those of all facts: with limits so low that they are reached often."""

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.domain.events import Event
from regulars.domain.identity_facts import limit_links, split_facts
from regulars.domain.identity_statements import collect_facts
from regulars.domain.link_limits import LINK_LIMITS, LinkLimits
from regulars.identity.partition import Partition, partition_subjects
from regulars.identity.people import find_people
from tests.support.identity_ledgers import StoredFacts, build_decision, build_statement
from tests.support.identity_oracle import partition_ledger

NAMES = [f"{letter}:{number}" for letter in "uepca" for number in range(6)]
SUBJECT_LISTS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)
TRUSTS = st.sampled_from(["browser"] * 5 + ["server", "verified"])
STATEMENTS = st.lists(st.tuples(TRUSTS, SUBJECT_LISTS, st.integers(0, 99)), max_size=40)
DECISIONS = st.lists(
    st.tuples(
        st.sampled_from(["join", "separate"]),
        st.lists(st.sampled_from(NAMES), min_size=2, max_size=3, unique=True),
    ),
    max_size=6,
)
LIMITS = st.builds(
    LinkLimits,
    stored_links=st.sampled_from([1, 2, 3, 40]),
    stored_devices=st.sampled_from([1, 2, 3, 200]),
    browser_links=st.sampled_from([1, 2, 5]),
    tree_links=st.sampled_from([1, 2, 4, 50]),
    tree_depth=st.sampled_from([1, 2, 3, 10]),
    strong_subjects=st.sampled_from([2, 3, 5, 5_000]),
    device_leads=st.sampled_from([1, 2, 10]),
)
PROPERTY_SETTINGS = settings(max_examples=400, deadline=None, derandomize=True)


def build_events(statements: list[Any], decisions: list[Any]) -> list[Event]:
    events = [
        build_statement(number, trust, *subjects, second=second)
        for number, (trust, subjects, second) in enumerate(statements)
    ]
    return events + [
        build_decision(1_000 + number, action, left=subjects[:1], right=subjects[1:])
        for number, (action, subjects) in enumerate(decisions)
    ]


def group_by_subject(partition: Partition) -> dict[str, frozenset[str]]:
    return {subject: frozenset(person) for person in partition.people for subject in person}


@PROPERTY_SETTINGS
@given(STATEMENTS, DECISIONS, LIMITS, st.randoms())
def test_region_of_each_subject_gives_the_person_of_the_whole_partition(
    statements: list[Any], decisions: list[Any], limits: LinkLimits, random: Any
) -> None:
    events = build_events(statements, decisions)
    people = partition_ledger(events, limits)
    facts = collect_facts(events)
    assert group_by_subject(partition_subjects(facts, limits)) == people
    random.shuffle(events)
    stored = StoredFacts(events, limits)
    assert stored.parts == {
        subject: limit_links(part, limits) for subject, part in split_facts(facts).items()
    }
    for subject, person in people.items():
        assert frozenset(stored.find_person(subject).subjects) == person
    several = random.sample(sorted(people), min(len(people), 4))
    found = find_people(several, stored.read_facts, limits)
    assert all(frozenset(found[subject].subjects) == people[subject] for subject in several)


def test_region_follows_what_the_owner_joined_by_way_of_devices() -> None:
    events = [
        build_statement(1, "browser", "u:ann", "p:ann"),
        build_statement(2, "browser", "p:ann", "c:1"),
        build_statement(3, "browser", "p:ann", "c:2"),
        build_statement(4, "server", "p:ann"),
        build_statement(5, "server", "u:bob"),
        build_decision(6, "join", left=["c:1"], right=["a:till"]),
        build_decision(7, "join", left=["a:till"], right=["u:bob"]),
    ]
    stored = StoredFacts(events)
    assert stored.find_person("c:2").subjects == ("u:ann", "p:ann", "c:2")
    assert stored.find_person("p:ann").subjects == ("u:ann", "p:ann", "c:2")


def test_region_knows_what_the_owner_separated_from_devices_of_a_person() -> None:
    events = [
        build_statement(1, "browser", "e:ann", "p:ann"),
        build_decision(2, "join", left=["p:ann"], right=["a:1", "a:2"]),
        build_decision(3, "separate", left=["a:1"], right=["a:2"]),
        build_decision(4, "separate", left=["e:ann"], right=["a:2"]),
    ]
    stored = StoredFacts(events)
    assert stored.find_person("e:ann").subjects == ("e:ann", "p:ann")
    assert stored.find_person("p:ann").subjects == ("e:ann", "p:ann")


@PROPERTY_SETTINGS
@given(STATEMENTS, DECISIONS, LIMITS, st.lists(SUBJECT_LISTS, max_size=40))
def test_later_browser_messages_part_no_person(
    statements: list[Any], decisions: list[Any], limits: LinkLimits, messages: list[list[str]]
) -> None:
    limits = replace(limits, stored_links=LINK_LIMITS.stored_links)
    events = build_events(statements, decisions)
    before = partition_subjects(collect_facts(events), limits)
    later = [
        build_statement(500 + number, "browser", *subjects)
        for number, subjects in enumerate(messages)
    ]
    after = partition_subjects(collect_facts([*events, *later]), limits)
    # Browsers can still make an identifier worthless that only browsers name, and a device shared.
    assume(after.worthless & group_by_subject(before).keys() == before.worthless)
    people = group_by_subject(after)
    for person in before.people:
        named = [subject for subject in person if subject[0] != "a"]
        assert len({people[subject] for subject in named}) <= 1
