"""Carts left behind, on moto: from the stream's records to schedules, and from a schedule's time to the event."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from regulars.domain.events import Event, Item, OrderFact, event_id
from regulars.domain.times import to_text
from regulars.settings import DetectAbandonmentSettings, UpdateProfilesSettings
from regulars.store import schedules
from regulars.store.clients import create_scheduler_client
from regulars.store.ledger import Ledger
from regulars.store.people import People
from regulars.store.profiles import Profiles
from tests.functions.conftest import Kept
from tests.support.aws import CART_CHECKS, Deployed
from tests.support.gateway import loaded
from tests.support.stream_records import inserted, stream


def event(type_: str, *subjects: str, minutes_ago: float = 90, **fields: Any) -> Event:
    moment = to_text(datetime.now(UTC) - timedelta(minutes=minutes_ago))
    defaults: dict[str, Any] = {"channel": "web", "source": "segment/web", "received_at": moment}
    id_ = event_id(type_, *subjects, str(minutes_ago))
    return Event(id=id_, type=type_, occurred_at=moment, subjects=subjects, **defaults | fields)


def added(*subjects: str, **fields: Any) -> Event:
    items = (Item(product_id="teapot", price=1250),)
    return event("Product Added", *subjects, **{"items": items, "currency": "GBP"} | fields)


def order(*subjects: str, minutes_ago: float = 60) -> Event:
    fact = OrderFact(key="shop/1", version=to_text(datetime.now(UTC)))
    return event("Order Completed", *subjects, minutes_ago=minutes_ago, order=fact)


@dataclass
class Shop:
    """A ledger whose stream is folded at once, and a clock that strikes when it is told to."""

    ledger: Ledger
    update: Callable[..., Any]
    detect: Callable[..., Any]
    scheduler: Any

    def hears(self, *events: Event) -> None:
        """Store events and deliver their records."""
        self.ledger.record_events(events)
        self.update(stream(*map(inserted, events)), None)

    def checks(self) -> list[dict[str, Any]]:
        """The schedules that were set."""
        names = [one["Name"] for one in self.scheduler.list_schedules()["Schedules"]]
        return [self.scheduler.get_schedule(Name=name) for name in names]

    def strikes(self) -> list[str]:
        """Invoke what the schedules would; what became of each cart."""
        inputs = [json.loads(one["Target"]["Input"]) for one in self.checks()]
        return [self.detect(payload, None)["cart"] for payload in inputs]


@pytest.fixture
def shop(aws: Deployed, monkeypatch: pytest.MonkeyPatch) -> Shop:
    update = loaded("update_profiles", aws.settings(UpdateProfilesSettings), monkeypatch)
    detect = loaded("detect_abandonment", aws.settings(DetectAbandonmentSettings), monkeypatch)
    monkeypatch.setattr(update, "datetime", Stopped)
    ledger = Ledger("test-events", aws.dynamodb)
    return Shop(ledger, update.handler, detect.handler, boto3.client("scheduler"))


@dataclass
class Failing:
    """Raises each fault once."""

    faults: list[ClientError]

    def __call__(self, **_: Any) -> None:
        """Botocore's hook before a call is sent."""
        if self.faults:
            raise self.faults.pop()


class Stopped(datetime):
    """A clock that stands still, so that no test runs from one check's minutes into the next."""

    @classmethod
    def now(cls, tz: Any = None) -> "Stopped":  # noqa: ARG003  it is asked for in UTC
        """The time at which the tests began."""
        return BEGUN


BEGUN = Stopped.fromtimestamp(time.time(), UTC)


def announced(kept: Kept) -> list[Event]:
    return [one for one in kept.events() if one.type == "Checkout Abandoned"]


def test_cart_without_an_order_is_announced_once(shop: Shop, kept: Kept) -> None:
    shop.hears(added("a:1"))
    assert [*shop.strikes(), *shop.strikes()] == ["abandoned", "announced"]
    (told,) = announced(kept)
    assert (told.subjects, told.properties["amount"]) == (("a:1",), 1250)


def test_order_in_between_cancels(shop: Shop, kept: Kept) -> None:
    shop.hears(added("u:ann"), order("u:ann"))
    assert shop.strikes() == ["ordered"]
    assert not announced(kept)


def test_order_under_another_identity_cancels_after_the_merge(shop: Shop, kept: Kept) -> None:
    shop.hears(added("a:1"))
    shop.hears(order("e:ann"))
    shop.hears(event("Identified", "e:ann", "a:1", minutes_ago=30))
    assert shop.strikes() == ["ordered"]
    assert not announced(kept)


def test_carts_of_two_people_who_are_one_are_announced_once(shop: Shop, kept: Kept) -> None:
    shop.hears(added("a:1"), added("a:2", minutes_ago=80))
    shop.hears(event("Identified", "u:ann", "a:1"), event("Aliased", "u:ann", "a:2"))
    assert sorted(shop.strikes()) == ["abandoned", "announced"]
    assert [one.subjects for one in announced(kept)] == [("a:2",)]


def test_order_of_somebody_else_cancels_nothing(shop: Shop) -> None:
    shop.hears(added("a:1"), order("a:2"))
    assert shop.strikes() == ["abandoned"]


def test_cart_still_in_use_is_left_to_the_check_of_its_last_activity(
    shop: Shop, kept: Kept
) -> None:
    shop.hears(added("a:1"), event("Cart Viewed", "a:1", minutes_ago=10))
    assert shop.strikes() == ["active"]
    assert not announced(kept)


def test_person_who_was_forgotten_is_nobody(shop: Shop, aws: Deployed) -> None:
    shop.hears(added("a:1"))
    aws.dynamodb.delete_item(TableName="test-people", Key={"subject": {"S": "a:1"}})
    assert shop.strikes() == ["nobody"]


def test_announcement_is_counted_in_the_profile(shop: Shop, kept: Kept, aws: Deployed) -> None:
    shop.hears(added("a:1"))
    shop.strikes()
    shop.hears(*announced(kept))
    (profile_id,) = People("test-people", aws.dynamodb).resolve_subjects(["a:1"]).values()
    profile = Profiles("test-profiles", aws.dynamodb).read_profiles([profile_id])[profile_id]
    assert profile.state.counts == {"Product Added": 1, "Checkout Abandoned": 1}
    assert len(shop.checks()) == 1


@pytest.mark.parametrize(
    "told",
    [
        event("Product Viewed", "a:1"),
        added("a:1", backfill=True),
        added("a:1", test=True),
        added(),
        added("a:1", minutes_ago=25 * 60),
        order("a:1"),
    ],
)
def test_nobody_is_checked_for_what_is_no_live_cart(shop: Shop, told: Event) -> None:
    shop.hears(told)
    assert shop.checks() == []


def test_check_is_set_once_however_often_the_stream_tells(
    shop: Shop, aws: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    cart = added("a:1")
    shop.hears(cart, added("a:1", minutes_ago=80), cart)
    again = loaded("update_profiles", aws.settings(UpdateProfilesSettings), monkeypatch)
    monkeypatch.setattr(again, "datetime", Stopped)
    again.handler(stream(inserted(cart)), None)
    assert len(shop.checks()) == 1


def test_check_is_a_schedule_that_runs_once_and_gives_up_into_dead_letters(shop: Shop) -> None:
    shop.hears(added("a:1"))
    (check,) = shop.checks()
    assert check["Name"].startswith(CART_CHECKS["cart_checks_prefix"])
    assert check["ActionAfterCompletion"] == "DELETE"
    target = check["Target"]
    assert (target["Arn"], target["RoleArn"], target["DeadLetterConfig"]["Arn"]) == tuple(
        CART_CHECKS[f"cart_checks_{name}"] for name in ("function", "role", "dead_letters")
    )
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 8, "MaximumEventAgeInSeconds": 21600}
    due = datetime.strptime(check["ScheduleExpression"], "at(%Y-%m-%dT%H:%M:%S)").replace(
        tzinfo=UTC
    )
    assert timedelta(minutes=59) < due - datetime.now(UTC) <= timedelta(minutes=70)


def test_fault_of_the_scheduler_is_raised_and_the_next_try_sets_the_check(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = create_scheduler_client()
    faults = [ClientError({"Error": {"Code": "ThrottlingException"}}, "CreateSchedule")]
    broken.meta.events.register("before-call.scheduler.CreateSchedule", Failing(faults))
    monkeypatch.setattr(schedules, "create_scheduler_client", lambda: broken)
    cart = added("a:1")
    with pytest.raises(ClientError):
        shop.hears(cart)
    shop.hears(cart)
    assert len(shop.checks()) == 1
