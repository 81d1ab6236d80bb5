"""Abandoned carts on moto: from stream records to schedules, and from a check to the recorded event."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from regulars.domain.events import Event, Item, OrderFact, event_id
from regulars.domain.identifiers import profile_id_of
from regulars.domain.times import to_text
from regulars.settings import DetectAbandonmentSettings, UpdateProfilesSettings
from regulars.store import schedules, schema
from regulars.store.clients import create_scheduler_client
from regulars.store.ledger import Ledger
from regulars.store.profiles import Profiles
from tests.functions.conftest import StackTables
from tests.support.aws import CART_CHECKS, MotoStack
from tests.support.gateway import load_handler
from tests.support.stream_records import build_insert_record, build_stream_event


class StoppedDatetime(datetime):
    """A clock that stands still, so that no test depends on how long the tests before it took."""

    @classmethod
    def now(cls, tz: Any = None) -> "StoppedDatetime":  # noqa: ARG003  (the functions ask for UTC)
        """Return the fixed time."""
        return NOW


NOW = StoppedDatetime(2026, 11, 20, 18, tzinfo=UTC)


def build_event(type_: str, *subjects: str, minutes_ago: float = 90, **fields: Any) -> Event:
    at = to_text(NOW - timedelta(minutes=minutes_ago))
    defaults: dict[str, Any] = {"channel": "web", "source": "segment/web", "received_at": at}
    id_ = event_id(type_, *subjects, str(minutes_ago))
    return Event(id=id_, type=type_, occurred_at=at, subjects=subjects, **defaults | fields)


def build_added(*subjects: str, **fields: Any) -> Event:
    items = (Item(product_id="teapot", price=1250),)
    return build_event("Product Added", *subjects, **{"items": items, "currency": "GBP"} | fields)


def build_order_event(*subjects: str, minutes_ago: float = 60) -> Event:
    fact = OrderFact(key="shop/1", version=to_text(NOW))
    return build_event("Order Completed", *subjects, minutes_ago=minutes_ago, order=fact)


@dataclass
class CartShop:
    """A ledger whose stream is processed at once, and checks that run when a test asks for them."""

    ledger: Ledger
    update: Callable[..., Any]
    detect: Callable[..., Any]
    scheduler: Any

    def deliver_events(self, *events: Event) -> None:
        """Record events and deliver their stream records."""
        self.ledger.record_events(events)
        self.update(build_stream_event(*map(build_insert_record, events)), None)

    def list_checks(self) -> list[dict[str, Any]]:
        """Return the schedules that were created."""
        names = [entry["Name"] for entry in self.scheduler.list_schedules()["Schedules"]]
        return [self.scheduler.get_schedule(Name=name) for name in names]

    def run_checks(self) -> list[str]:
        """Invoke the function as each schedule would; return the reasons."""
        inputs = [json.loads(check["Target"]["Input"]) for check in self.list_checks()]
        return [self.detect(payload, None)["cart"] for payload in inputs]


@pytest.fixture
def shop(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> CartShop:
    update = load_handler(
        "update_profiles", aws.build_settings(UpdateProfilesSettings), monkeypatch
    )
    detect = load_handler(
        "detect_abandonment", aws.build_settings(DetectAbandonmentSettings), monkeypatch
    )
    for module in (update, detect):
        monkeypatch.setattr(module, "datetime", StoppedDatetime)
    ledger = Ledger("test-events", aws.dynamodb)
    return CartShop(
        ledger=ledger,
        update=update.handler,
        detect=detect.handler,
        scheduler=boto3.client("scheduler"),
    )


@dataclass
class FailingCall:
    """A hook that raises each error once."""

    errors: list[ClientError]

    def __call__(self, **_: Any) -> None:
        """Raise the next error; botocore calls this before it sends a request."""
        if self.errors:
            raise self.errors.pop()


def find_announcements(tables: StackTables) -> list[Event]:
    return [event for event in tables.list_events() if event.type == "Checkout Abandoned"]


def test_cart_without_an_order_is_announced_once(shop: CartShop, tables: StackTables) -> None:
    shop.deliver_events(build_added("a:1"))
    assert [*shop.run_checks(), *shop.run_checks()] == ["abandoned", "announced"]
    (announcement,) = find_announcements(tables)
    assert (announcement.subjects, announcement.properties["amount"]) == (("a:1",), 1250)


def test_cart_with_a_later_order_is_not_announced(shop: CartShop, tables: StackTables) -> None:
    shop.deliver_events(build_added("u:ann"), build_order_event("u:ann"))
    assert shop.run_checks() == ["ordered"]
    assert not find_announcements(tables)


def test_order_under_another_identity_counts_after_the_merge(
    shop: CartShop, tables: StackTables
) -> None:
    shop.deliver_events(build_added("a:1"))
    shop.deliver_events(build_order_event("e:ann"))
    shop.deliver_events(build_event("Identified", "e:ann", "a:1", minutes_ago=30))
    assert shop.run_checks() == ["ordered"]
    assert not find_announcements(tables)


def test_carts_of_merged_persons_are_announced_once(shop: CartShop, tables: StackTables) -> None:
    shop.deliver_events(build_added("a:1"), build_added("a:2", minutes_ago=80))
    shop.deliver_events(
        build_event("Identified", "u:ann", "a:1"), build_event("Aliased", "u:ann", "a:2")
    )
    assert sorted(shop.run_checks()) == ["abandoned", "announced"]
    assert [event.subjects for event in find_announcements(tables)] == [("a:2",)]


def test_order_of_another_person_does_not_count(shop: CartShop) -> None:
    shop.deliver_events(build_added("a:1"), build_order_event("a:2"))
    assert shop.run_checks() == ["abandoned"]


def test_active_cart_is_left_to_the_check_of_its_last_activity(
    shop: CartShop, tables: StackTables
) -> None:
    shop.deliver_events(build_added("a:1"), build_event("Cart Viewed", "a:1", minutes_ago=10))
    assert shop.run_checks() == ["active"]
    assert not find_announcements(tables)


def test_erased_person_is_nobody(shop: CartShop, aws: MotoStack) -> None:
    shop.deliver_events(build_added("a:1"))
    for sort_key in (schema.PROFILE_SORT_KEY, schema.IDENTITY_SORT_KEY):
        key = {"profile_id": {"S": profile_id_of("a:1")}, "sk": {"S": sort_key}}
        aws.dynamodb.delete_item(TableName="test-profiles", Key=key)
    assert shop.run_checks() == ["nobody"]


def test_announcement_is_counted_in_the_profile(
    shop: CartShop, tables: StackTables, aws: MotoStack
) -> None:
    shop.deliver_events(build_added("a:1"))
    shop.run_checks()
    shop.deliver_events(*find_announcements(tables))
    profile = Profiles("test-profiles", aws.dynamodb).read_subjects(["a:1"]).get_profile("a:1")
    assert profile.state.counts == {"Product Added": 1, "Checkout Abandoned": 1}
    assert len(shop.list_checks()) == 1


@pytest.mark.parametrize(
    "event",
    [
        build_event("Product Viewed", "a:1"),
        build_added("a:1", backfill=True),
        build_added("a:1", test=True),
        build_added(),
        build_added("a:1", minutes_ago=25 * 60),
        build_order_event("a:1"),
    ],
)
def test_no_check_is_scheduled_without_a_live_cart_activity(shop: CartShop, event: Event) -> None:
    shop.deliver_events(event)
    assert shop.list_checks() == []


def test_check_is_scheduled_once_for_a_repeated_record(
    shop: CartShop, aws: MotoStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    cart = build_added("a:1")
    shop.deliver_events(cart, build_added("a:1", minutes_ago=80), cart)
    other_container = load_handler(
        "update_profiles", aws.build_settings(UpdateProfilesSettings), monkeypatch
    )
    monkeypatch.setattr(other_container, "datetime", StoppedDatetime)
    other_container.handler(build_stream_event(build_insert_record(cart)), None)
    assert len(shop.list_checks()) == 1


def test_check_is_a_schedule_that_runs_once_with_a_dead_letter_queue(shop: CartShop) -> None:
    shop.deliver_events(build_added("a:1"))
    (check,) = shop.list_checks()
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
    assert timedelta(minutes=59) < due - NOW <= timedelta(minutes=70)


def test_scheduler_error_is_raised_and_the_retry_schedules_the_check(
    shop: CartShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = create_scheduler_client()
    errors = [ClientError({"Error": {"Code": "ThrottlingException"}}, "CreateSchedule")]
    client.meta.events.register("before-call.scheduler.CreateSchedule", FailingCall(errors))
    monkeypatch.setattr(schedules, "create_scheduler_client", lambda: client)
    cart = build_added("a:1")
    with pytest.raises(ClientError):
        shop.deliver_events(cart)
    shop.deliver_events(cart)
    assert len(shop.list_checks()) == 1
