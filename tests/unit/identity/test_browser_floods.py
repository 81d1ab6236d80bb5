"""A stranger sends any number of messages that name a person: what browsers had linked before stays, and reads stay small."""

from collections.abc import Iterator
from itertools import islice, pairwise

import pytest

from regulars.domain.events import Event
from regulars.domain.identity_statements import collect_facts
from regulars.domain.link_limits import LINK_LIMITS, LinkLimits
from regulars.identity.partition import partition_subjects
from regulars.identity.people import find_people
from tests.support.identity_ledgers import StoredFacts, build_statement

VISIT_STATEMENTS = (
    ("verified", "e:ann", "c:ann"),
    ("browser", "u:ann", "e:ann", "a:ann"),
    ("browser", "u:ann", "p:ann"),
    ("browser", "e:ann", "p:home", "a:phone"),
    ("browser", "u:ann", "e:work"),
)
ANN = frozenset({"e:ann", "c:ann", "u:ann", "a:ann", "p:ann", "p:home", "a:phone", "e:work"})
MESSAGE_COUNT = 1_000

type Names = tuple[str, ...]


def walk_star(centre: str) -> Iterator[Names]:
    """Yield messages that name new identifiers beside one that exists."""
    for number in range(9_999):
        yield centre, f"{'up'[number % 2]}:star{number}"


def walk_full_star(centre: str) -> Iterator[Names]:
    """Yield messages that name a new identifier of each kind beside one that exists."""
    for number in range(9_999):
        yield centre, f"u:full{number}", f"p:full{number}", f"a:full{number}"


def walk_chain(centre: str) -> Iterator[Names]:
    """Yield messages each of which names a new identifier beside that of the message before."""
    names = (f"{'up'[number % 2]}:chain{number}" for number in range(9_999))
    yield from pairwise([centre, *names])


def walk_bush(centre: str) -> Iterator[Names]:
    """Yield messages that name eight new identifiers beside each that exists, too few to make it worthless."""
    growing = [centre]
    for parent in growing:
        for number, kind in enumerate("uep" * 4):
            if kind != parent[0]:
                growing.append(f"{kind}:{len(growing)}-{number}")
                yield parent, growing[-1]


def walk_devices(centre: str) -> Iterator[Names]:
    """Yield messages that name a new device beside the centre, and the same device beside others."""
    for number in range(9_999):
        yield centre, f"a:evil{number}"
        yield f"u:evil{number}", f"a:evil{number}"


def walk_claims(centre: str) -> Iterator[Names]:
    """Yield messages that name identifiers which exist beside one that exists."""
    for number in range(9_999):
        yield f"u:claim{number}", f"p:claim{number}"
        yield centre, f"u:claim{number}", f"p:claim{number}"


WALKS = {
    "star": walk_star,
    "full star": walk_full_star,
    "chain": walk_chain,
    "bush": walk_bush,
    "devices": walk_devices,
    "claims": walk_claims,
}
SHAPES = pytest.mark.parametrize("shape", WALKS)


def build_visits(first: int = 0) -> list[Event]:
    return [
        build_statement(first + number, *visit) for number, visit in enumerate(VISIT_STATEMENTS)
    ]


def build_flood(shape: str, first: int, count: int = MESSAGE_COUNT) -> list[Event]:
    messages = islice(WALKS[shape]("e:ann"), count)
    return [
        build_statement(first + number, "browser", *names) for number, names in enumerate(messages)
    ]


def test_person_is_complete_before_the_flood() -> None:
    assert set(StoredFacts(build_visits()).find_person("e:ann").subjects) == ANN


@SHAPES
def test_flood_takes_nothing_that_browsers_had_linked_before(shape: str) -> None:
    events = [*build_visits(), *build_flood(shape, 10)]
    stored = StoredFacts(events)
    for subject in ANN:
        assert set(stored.find_person(subject).subjects) >= ANN
    assert any(set(person) >= ANN for person in partition_subjects(collect_facts(events)).people)


@SHAPES
def test_longer_flood_costs_no_further_reads(shape: str) -> None:
    reads = [
        StoredFacts([*build_visits(), *build_flood(shape, 10, count)]).count_reads("e:ann")
        for count in (MESSAGE_COUNT, 3 * MESSAGE_COUNT)
    ]
    assert reads[0] == reads[1]
    # Four steps of a tree at most for each link that is followed; for each device the device and one that it leads to.
    limit = 2 * LINK_LIMITS.stored_devices if shape in {"devices", "full star"} else 0
    assert reads[0] <= len(ANN) + 4 * LINK_LIMITS.tree_links + limit


def test_links_beyond_the_limits_are_parked_as_a_hub() -> None:
    stored = StoredFacts([*build_visits(), *build_flood("star", 10)])
    parked = {(link.first, link.second): link.reason for link in stored.find_person("e:ann").parked}
    assert parked["u:star0", "e:ann"] == "two_user_ids"
    assert parked["u:star20", "e:ann"] == "hub"
    assert stored.find_person("u:star20").subjects == ("u:star20",)


@SHAPES
def test_flood_of_invented_people_reaches_nobody_whom_it_names_later(shape: str) -> None:
    invented = [
        build_statement(number, "browser", *names)
        for number, names in enumerate(islice(WALKS[shape]("e:evil"), MESSAGE_COUNT))
    ]
    named = [name for event in invented for name in event.subjects if name[0] != "a"]
    reached = [
        build_statement(2_000 + number, "browser", "e:ann", name, f"p:new{number}")
        for number, name in enumerate(named[::5])
    ]
    stored = StoredFacts([*invented, *build_visits(MESSAGE_COUNT), *reached])
    subjects = set(stored.find_person("e:ann").subjects)
    assert subjects >= ANN
    assert subjects.isdisjoint(named)
    assert stored.count_reads("e:ann") <= len(ANN) + 4 * LINK_LIMITS.tree_links


def test_address_that_ends_a_long_chain_of_invented_names_belongs_to_its_customer() -> None:
    chain = [f"{'up'[number % 2]}:evil{number}" for number in range(300)]
    invented = [
        build_statement(number, "browser", *pair)
        for number, pair in enumerate(pairwise([*chain, "e:ann"]))
    ]
    stored = StoredFacts([*invented, *build_visits(MESSAGE_COUNT)])
    assert set(stored.find_person("e:ann").subjects) == ANN
    assert stored.count_reads("e:ann") < 50


def test_customers_whom_a_stranger_chained_before_they_came_cost_few_reads() -> None:
    chained = [
        build_statement(number, "browser", f"e:{number}", f"p:evil{number}", f"u:{number + 1}")
        for number in range(300)
    ]
    logins = [
        build_statement(500 + number, "server", f"u:{number}", f"e:{number}")
        for number in range(300)
    ]
    stored = StoredFacts([*chained, *logins])
    assert {"u:7", "e:7"} <= set(stored.find_person("e:7").subjects)
    assert stored.count_reads("e:7") < 20


def test_later_message_takes_no_place_of_an_older_link_by_phone() -> None:
    events = [
        build_statement(1, "verified", "e:ann", "p:ann"),
        build_statement(2, "browser", "u:ann", "p:ann"),
        build_statement(3, "browser", "u:evil", "e:ann"),
    ]
    assert StoredFacts(events).find_person("e:ann").subjects == ("u:ann", "e:ann", "p:ann")


def test_many_people_are_read_at_once_as_they_are_read_alone() -> None:
    events = [
        build_statement(8 * number + place, trust, *(f"{name}{number}" for name in names))
        for number in range(60)
        for place, (trust, *names) in enumerate(VISIT_STATEMENTS)
    ]
    stored = StoredFacts(events)
    people = find_people([f"e:ann{number}" for number in range(60)], stored.read_facts)
    assert {len(person.subjects) for person in people.values()} == {len(ANN)}


def test_device_that_leads_to_many_belongs_to_nobody_and_costs_few_reads() -> None:
    events = [
        build_statement(number, "browser", "a:kiosk", f"{'ue'[number % 2]}:{number}")
        for number in range(80)
    ]
    stored = StoredFacts(events)
    assert stored.find_person("a:kiosk").subjects == ("a:kiosk",)
    assert partition_subjects(collect_facts(events)).shared == {"a:kiosk"}
    assert stored.count_reads("u:0") < 10


def test_device_belongs_to_nobody_when_it_leads_to_another_person_beside_worthless_ones() -> None:
    shared = [("e:ann", "a:1"), ("u:guest", "a:1"), ("u:test", "a:1"), ("u:zoe", "a:1")]
    placeholders = [(f"e:{number}", name) for number in range(6) for name in ("u:guest", "u:test")]
    events = [
        build_statement(number, "server", *names)
        for number, names in enumerate([*shared, *placeholders])
    ]
    assert StoredFacts(events).find_person("e:ann").subjects == ("e:ann",)
    alone = [event for event in events if "u:zoe" not in event.subjects]
    assert StoredFacts(alone).find_person("e:ann").subjects == ("e:ann", "a:1")


@pytest.mark.parametrize("trust", ["server", "browser"])
def test_devices_that_statements_connect_without_end_belong_to_nobody(trust: str) -> None:
    devices = [f"a:{number}" for number in range(1_000)]
    events = [
        build_statement(number, trust, *pair) for number, pair in enumerate(pairwise(devices))
    ]
    stored = StoredFacts([*events, build_statement(2_000, "server", "u:ann", "a:500")])
    assert stored.find_person("u:ann").subjects == ("u:ann",)
    assert stored.find_person("a:500").subjects == ("a:500",)
    assert stored.count_reads("u:ann") < 2 * LINK_LIMITS.stored_devices


def test_strong_links_that_connect_too_many_subjects_are_parked_from_each_of_them() -> None:
    limits = LinkLimits(strong_subjects=100)
    names = [f"{'pe'[number % 2]}:{number}" for number in range(400)]
    events = [
        build_statement(number, "verified", *pair) for number, pair in enumerate(pairwise(names))
    ]
    stored = StoredFacts([*events, build_statement(500, "browser", "u:1", "e:1")], limits)
    for subject in names[::40]:
        assert stored.count_reads(subject) <= 3 * limits.strong_subjects
        assert {link.reason for link in stored.find_person(subject).parked} == {"hub"}
    assert stored.find_person("e:1").subjects == ("u:1", "e:1")
