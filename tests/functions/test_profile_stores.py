"""One contract for the stores of profiles: the tables, and the memory that replaces them in tests."""

import pytest
from msgspec.structs import replace

from regulars.domain.consent import Consents, ConsentStatement
from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.events import event_id
from regulars.domain.identity_statements import collect_facts
from regulars.domain.orders import Order, OrderTotals, Refund
from regulars.domain.profiles import ChannelActivity, ProfileState, SubjectProfile, Trait
from regulars.store.orders import OrderRecord, Orders
from regulars.store.profiles import CountedPage, Profiles, SubjectIdentity
from tests.support.aws import MotoStack
from tests.support.memory_stores import MemoryOrders, MemoryProfiles
from tests.support.profile_stories import build_event

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
    consents=Consents(
        statements={"email/marketing/e:ann/granted": ConsentStatement(EVENT_TIME, "form")}
    ),
    traits={"country": Trait("GB", EVENT_TIME)},
)
PROFILE = SubjectProfile(
    subject="u:ann",
    state=STATE,
    rev=1,
    applied=IDS,
    order_keys=("shop/1",),
    newest=EVENT_TIME,
)
PAGE = CountedPage(IDS, ("shop/1",))
IDENTITY = SubjectIdentity(
    subject="u:ann",
    facts=collect_facts([build_event("login", "u:ann", "e:ann", "a:1")]),
    rev=1,
    settled=True,
)
RECORD = OrderRecord(
    key="shop/1",
    order=Order(
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
    ),
    reports={"u:ann": (1, 7), "e:ann": (3, 5)},
    unnamed=IDS,
    rev=1,
)


@pytest.fixture(params=["memory", "table"])
def profiles(request: pytest.FixtureRequest) -> Profiles:
    if request.param == "memory":
        return MemoryProfiles()
    aws: MotoStack = request.getfixturevalue("aws")
    return Profiles("test-profiles", aws.dynamodb)


@pytest.fixture(params=["memory", "table"])
def orders(request: pytest.FixtureRequest) -> Orders:
    if request.param == "memory":
        return MemoryOrders()
    aws: MotoStack = request.getfixturevalue("aws")
    return Orders("test-profiles", aws.dynamodb)


def test_subjects_read_back_what_was_written(profiles: Profiles) -> None:
    profiles.write_profile(PROFILE)
    profiles.write_identity(IDENTITY)
    items = profiles.read_subjects(["u:ann", "u:bob"])
    assert (items.profiles, items.identities) == ({"u:ann": PROFILE}, {"u:ann": IDENTITY})
    assert profiles.read_facts(["u:ann", "u:bob"]) == {"u:ann": IDENTITY.facts}


@pytest.mark.parametrize("rev", [1, 3])
def test_profiles_refuse_any_but_the_next_revision(profiles: Profiles, rev: int) -> None:
    profiles.write_profile(PROFILE)
    profiles.write_identity(IDENTITY)
    with pytest.raises(ConcurrentUpdateError):
        profiles.write_profile(replace(PROFILE, rev=rev))
    with pytest.raises(ConcurrentUpdateError):
        profiles.write_identity(replace(IDENTITY, rev=rev))


def test_profiles_refuse_a_second_revision_without_a_first(profiles: Profiles) -> None:
    with pytest.raises(ConcurrentUpdateError):
        profiles.write_profile(replace(PROFILE, rev=2))
    with pytest.raises(ConcurrentUpdateError):
        profiles.write_identity(replace(IDENTITY, rev=2))


def test_profiles_keep_what_was_spilled(profiles: Profiles) -> None:
    profiles.spill_counted(PROFILE)
    profiles.spill_counted(PROFILE)
    assert profiles.read_spilled(PROFILE) == PAGE
    assert profiles.read_spilled(replace(PROFILE, subject="u:bob")) == CountedPage()


def test_pages_of_an_epoch_are_read_and_deleted_alone(profiles: Profiles) -> None:
    profiles.spill_counted(PROFILE)
    page = CountedPage(IDS[:1], ())
    epoch = profiles.store_counted("u:ann", page)
    assert profiles.read_spilled(replace(PROFILE, epoch=epoch)) == page
    profiles.delete_epoch("u:ann", epoch)
    assert profiles.read_spilled(replace(PROFILE, epoch=epoch)) == CountedPage()
    assert profiles.read_spilled(PROFILE) == PAGE


def test_pages_of_a_repeated_fold_are_not_those_of_a_revision(profiles: Profiles) -> None:
    ids = tuple(sorted(event_id(str(number)) for number in range(2_500)))
    epoch = profiles.store_counted("u:ann", CountedPage(ids, ("shop/1",)))
    for rev in range(1, 4):
        profiles.spill_counted(replace(PROFILE, epoch=epoch, rev=rev))
    assert set(profiles.read_spilled(replace(PROFILE, epoch=epoch)).event_ids) == {*ids, *IDS}


def test_orders_read_back_what_was_written(orders: Orders) -> None:
    orders.write_order(RECORD)
    assert orders.read_orders(["shop/1", "shop/2"]) == {"shop/1": RECORD}
    assert RECORD.holder == "u:ann"


@pytest.mark.parametrize("rev", [1, 3])
def test_orders_refuse_any_but_the_next_revision(orders: Orders, rev: int) -> None:
    orders.write_order(RECORD)
    with pytest.raises(ConcurrentUpdateError):
        orders.write_order(replace(RECORD, rev=rev))
