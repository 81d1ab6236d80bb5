"""One contract for the stores of profiles: the tables, and the memory that replaces them in tests."""

import pytest

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.events import event_id
from regulars.domain.orders import Order, OrderTotals, Refund
from regulars.domain.profiles import ChannelActivity, Consent, Profile, ProfileState, Trait
from regulars.store.people import People
from regulars.store.profiles import Profiles, StoredOrder
from tests.support.aws import MotoStack
from tests.support.memory_stores import MemoryPeople, MemoryProfiles

IDS = (event_id("a"), event_id("b"))
EVENT_TIME = "2026-11-01T10:00:00.000Z"
STATE = ProfileState(
    events=2,
    channels={"web": ChannelActivity(EVENT_TIME, EVENT_TIME, 2)},
    counts={"Page Viewed": 2},
    orders=OrderTotals(
        count=1,
        cancelled=0,
        quantity=3,
        first=EVENT_TIME,
        last=EVENT_TIME,
        money={"EUR": 900},
        refunded={"EUR": 100},
    ),
    consent={"email": Consent("granted", EVENT_TIME, "form")},
    traits={"country": Trait("GB", EVENT_TIME)},
)
PROFILE = Profile(
    profile_id="p_1",
    subjects=("u:ann", "a:1"),
    state=STATE,
    rev=1,
    applied=IDS,
    newest=EVENT_TIME,
    floor="",
    born=EVENT_TIME,
)
ORDER = Order(
    version=EVENT_TIME,
    event=IDS[0],
    placed_at=EVENT_TIME,
    first_told=EVENT_TIME,
    status="paid",
    total=1000,
    refunded_in_snapshot=100,
    quantity=3,
    currency="EUR",
    refunds={"1": Refund(EVENT_TIME, IDS[1], None)},
)


@pytest.fixture(params=["memory", "table"])
def people(request: pytest.FixtureRequest) -> People:
    if request.param == "memory":
        return MemoryPeople()
    aws: MotoStack = request.getfixturevalue("aws")
    return People("test-people", aws.dynamodb)


@pytest.fixture(params=["memory", "table"])
def profiles(request: pytest.FixtureRequest) -> Profiles:
    if request.param == "memory":
        return MemoryProfiles()
    aws: MotoStack = request.getfixturevalue("aws")
    return Profiles("test-profiles", aws.dynamodb)


def test_subject_points_where_it_was_pointed_last(people: People) -> None:
    assert people.point_subject("u:ann", "p_1", None)
    assert people.point_subject("u:ann", "p_2", "p_1")
    assert people.resolve_subjects(["u:ann", "u:nobody"]) == {"u:ann": "p_2"}


@pytest.mark.parametrize("expected", [None, "", "p_2"])
def test_subject_pointed_by_another_worker_is_refused(people: People, expected: str | None) -> None:
    people.point_subject("u:ann", "p_1", None)
    assert not people.point_subject("u:ann", "p_3", expected)
    assert people.read_pointers(["u:ann"]) == {"u:ann": "p_1"}


def test_profiles_read_back_what_was_written(profiles: Profiles) -> None:
    profiles.write_profile(PROFILE)
    assert profiles.read_profiles(["p_1", "p_2"]) == {"p_1": PROFILE}


def test_merged_profile_keeps_its_survivor(profiles: Profiles) -> None:
    profiles.write_profile(Profile(profile_id="p_1", rev=1, merged_into="p_2"))
    assert profiles.read_profiles(["p_1"])["p_1"].merged_into == "p_2"


@pytest.mark.parametrize("rev", [1, 3])
def test_profiles_refuse_any_but_the_next_version(profiles: Profiles, rev: int) -> None:
    profiles.write_profile(PROFILE)
    with pytest.raises(ConcurrentUpdateError):
        profiles.write_profile(Profile(profile_id="p_1", rev=rev))


def test_profiles_refuse_a_second_version_without_a_first(profiles: Profiles) -> None:
    with pytest.raises(ConcurrentUpdateError):
        profiles.write_profile(Profile(profile_id="p_1", rev=2))


def test_profiles_keep_spilled_ids(profiles: Profiles) -> None:
    profiles.spill_applied_ids(PROFILE)
    profiles.spill_applied_ids(PROFILE)
    assert profiles.read_spilled_ids("p_1") == set(IDS)
    assert profiles.read_spilled_ids("p_2") == set()


def test_profiles_read_back_their_orders(profiles: Profiles) -> None:
    profiles.write_profile(PROFILE)
    profiles.write_order("p_1", "shop/1", StoredOrder(ORDER, 1))
    assert profiles.read_orders("p_1") == {"shop/1": StoredOrder(ORDER, 1)}


def test_profiles_refuse_an_order_written_meanwhile(profiles: Profiles) -> None:
    profiles.write_order("p_1", "shop/1", StoredOrder(ORDER, 1))
    with pytest.raises(ConcurrentUpdateError):
        profiles.write_order("p_1", "shop/1", StoredOrder(Order(), 1))
    with pytest.raises(ConcurrentUpdateError):
        profiles.delete_order("p_1", "shop/1", 2)


def test_deleted_order_is_not_read_back(profiles: Profiles) -> None:
    profiles.write_order("p_1", "shop/1", StoredOrder(ORDER, 1))
    profiles.delete_order("p_1", "shop/1", 1)
    assert profiles.read_orders("p_1") == {}


def test_cleared_profile_keeps_itself_and_its_ids(profiles: Profiles) -> None:
    profiles.write_profile(PROFILE)
    profiles.spill_applied_ids(PROFILE)
    profiles.write_order("p_1", "shop/1", StoredOrder(ORDER, 1))
    profiles.delete_derived_items("p_1")
    assert profiles.read_orders("p_1") == {}
    assert profiles.read_profiles(["p_1"]) == {"p_1": PROFILE}
    assert profiles.read_spilled_ids("p_1") == set(IDS)
