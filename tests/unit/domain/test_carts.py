"""What is in a cart, whether it was left behind, and when that is looked at."""

from datetime import timedelta

import pytest

from regulars.domain.abandonment import ABANDONMENT_SOURCE
from regulars.domain.carts import (
    cart_from_events,
    is_cart_activity,
    is_late_activity,
    next_check_time,
)
from regulars.domain.events import Event, Item, OrderFact
from regulars.domain.profiles import fold_events
from tests.support.cart_stories import (
    CUP,
    DELAY,
    EVENING,
    TEAPOT,
    act,
    added,
    announcement,
    at,
    judged,
    ordered,
)

STARTED = act("Checkout Started", 0)
CANCELLED = OrderFact(key="shop/9", version=at(5), status="cancelled")
PAID_BACK = OrderFact(key="shop/9", version=at(5), refund_id="r1")


def removed(minute: float, *items: Item) -> Event:
    return act("Product Removed", minute, *items)


@pytest.mark.parametrize(
    ("events", "lines"),
    [
        ([added(0), added(1)], {"teapot": 2}),
        ([added(0, CUP), removed(1, Item(product_id="cup"))], {"cup": 1}),
        ([added(0, CUP), removed(1, CUP)], {}),
        ([added(0), removed(1, CUP)], {"teapot": 1}),
        ([added(0), act("Cart Viewed", 1, CUP)], {"cup": 2}),
        ([added(0), act("Cart Viewed", 1)], {"teapot": 1}),
        ([added(0), act("Cart Updated", 1)], {}),
        ([act("Cart Updated", 0, CUP, CUP)], {"cup": 4}),
        ([act("Checkout Started", 0, CUP), added(1)], {"cup": 2, "teapot": 1}),
    ],
)
def test_cart_holds_what_was_put_in_and_not_taken_out(
    events: list[Event], lines: dict[str, int]
) -> None:
    assert {item.product_id: item.quantity for item in cart_from_events(events).items} == lines


@pytest.mark.parametrize(
    ("events", "amount"),
    [
        ([added(0, TEAPOT, CUP)], 1850),
        ([added(0, TEAPOT, Item(product_id="gift"))], None),
        ([STARTED], None),
        ([added(0), act("Product Added", 1, CUP, currency="EUR")], None),
    ],
)
def test_cart_costs_what_is_known(events: list[Event], amount: int | None) -> None:
    assert cart_from_events(events).amount == amount


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([], "no_cart"),
        ([act("Product Viewed", 0, TEAPOT)], "no_cart"),
        ([added(0)], "abandoned"),
        ([act("Product Added", 0)], "abandoned"),
        ([STARTED], "abandoned"),
        ([act("Cart Viewed", 0)], "emptied"),
        ([act("Product Added", 0), act("Product Removed", 1)], "emptied"),
        ([act("Checkout Started", 0, CUP), removed(1, CUP)], "emptied"),
        ([added(0), added(60)], "abandoned"),
        ([added(0), added(60.1)], "active"),
        ([added(0), ordered(30)], "ordered"),
        ([added(0), ordered(30), added(40)], "abandoned"),
        ([added(0), ordered(30), act("Checkout Step Completed", 32)], "ordered"),
        ([added(0), ordered(30), act("Checkout Step Completed", 36)], "abandoned"),
        ([added(10), ordered(30, placed=5)], "abandoned"),
        ([added(0), act("Order Refunded", 5, order=PAID_BACK)], "abandoned"),
        ([added(0), act("Order Cancelled", 5, order=CANCELLED)], "abandoned"),
        ([added(0), act("Order Completed", 5)], "ordered"),
        ([added(0), act("Order Completed", 5), added(20)], "abandoned"),
        ([added(0), act("Order Completed", 5, test=True)], "abandoned"),
        ([act("Product Added", 0, TEAPOT, backfill=True)], "no_cart"),
        ([act("Product Added", 0, TEAPOT, test=True)], "no_cart"),
        (
            [
                added(0),
                act("Order Completed", 5, order=OrderFact(key="s/1", version=at(5)), test=True),
            ],
            "abandoned",
        ),
    ],
)
def test_cart_is_abandoned_when_no_order_follows(events: list[Event], reason: str) -> None:
    assert judged(*reversed(events)).reason == reason


@pytest.mark.parametrize(
    "order",
    [
        ordered(-30, checkout_id="k1"),
        ordered(-30, key="shop/o1"),
        ordered(-30, cart_id="c1"),
    ],
)
def test_order_of_the_same_cart_cancels_whatever_its_time(order: Event) -> None:
    ids = {"cart_id": "c1", "checkout_id": "k1", "order_id": "o1"}
    assert judged(added(0, **ids), order).reason == "ordered"
    assert judged(added(0, checkout_id="k2"), order).reason == "abandoned"


def test_order_that_only_the_profile_knows_of_cancels() -> None:
    assert judged(added(0), last_order=at(30)).reason == "ordered"
    assert judged(added(0), last_order=at(-30)).reason == "abandoned"


@pytest.mark.parametrize(
    ("told", "ids", "reason"),
    [
        ({}, {}, "announced"),
        ({"cart_id": "c1"}, {}, "announced"),
        ({"cart_id": "c1"}, {"checkout_id": "k1"}, "announced"),
        ({"cart_id": "c1"}, {"cart_id": "c1", "checkout_id": "k2"}, "announced"),
        ({"cart_id": "c1"}, {"cart_id": "c2"}, "abandoned"),
    ],
)
def test_cart_told_of_already_is_not_told_of_again(
    told: dict[str, str], ids: dict[str, str], reason: str
) -> None:
    before = act("Checkout Abandoned", 30, source="stripe/main", properties=told)
    assert judged(before, added(40, **ids)).reason == reason


def test_cart_after_an_order_is_another_one() -> None:
    first = announcement(added(-90, cart_id="c1"))
    told = (first, ordered(-10), added(20, cart_id="c1"))
    assert announcement(*told).id != first.id


def test_announcement_tells_what_was_left_when_and_where() -> None:
    seen = act("Checkout Started", 20, TEAPOT, CUP, properties={"checkout_id": "k1"})
    told = announcement(added(0, cart_id="c1"), seen)
    assert (told.type, told.channel, told.source) == (
        "Checkout Abandoned",
        "web",
        ABANDONMENT_SOURCE,
    )
    assert (told.occurred_at, told.received_at) == (at(80), at(120))
    assert (told.subjects, told.items, told.currency) == (("a:1",), (TEAPOT, CUP), "GBP")
    ids = {"cart_id": "c1", "checkout_id": "k1"}
    assert told.properties == ids | {"amount": 1850, "last_activity_at": at(20)}
    assert not told.backfill


def test_announcement_is_the_same_event_at_whatever_time_it_is_found() -> None:
    once, later = announcement(added(0)), announcement(added(0), minute=300)
    assert once.id == later.id
    assert announcement(added(1)).id != once.id


def test_cart_with_an_id_is_announced_once_for_ever() -> None:
    days = 3 * 24 * 60
    told = (
        announcement(added(0, cart_id="c1")),
        announcement(added(days, cart_id="c1"), minute=9999),
    )
    assert told[0].id == told[1].id


def test_same_cart_id_of_another_person_is_another_cart() -> None:
    other = act("Product Added", 0, TEAPOT, subjects=("a:2",), properties={"cart_id": "c1"})
    assert announcement(other).id != announcement(added(0, cart_id="c1")).id


def test_abandonment_is_counted_in_the_profile() -> None:
    assert fold_events([announcement(added(0))]).counts == {"Checkout Abandoned": 1}


@pytest.mark.parametrize("minute", [0, 0.01, 5.5, 9.99, 10, 59.9])
@pytest.mark.parametrize(("delay", "width"), [(1, 1), (5, 1), (60, 10), (1440, 240)])
def test_check_comes_after_the_delay_at_a_whole_minute(
    minute: float, delay: int, width: int
) -> None:
    now, wait = EVENING + timedelta(minutes=minute), timedelta(minutes=delay)
    due = next_check_time(added(minute), wait, now)
    assert wait <= due - now <= wait + timedelta(minutes=width)
    assert (due.second, due.microsecond) == (0, 0)


def test_check_waits_for_activities_by_a_clock_that_is_ahead() -> None:
    assert next_check_time(added(4), DELAY, EVENING) >= EVENING + timedelta(minutes=4) + DELAY


def test_late_activity_gives_a_late_order_the_whole_delay() -> None:
    assert next_check_time(added(-600), DELAY, EVENING) >= EVENING + DELAY


def test_activities_of_the_same_minutes_are_looked_at_together() -> None:
    minutes = [EVENING + timedelta(minutes=minute) for minute in range(11)]
    assert [next_check_time(added(0), DELAY, now) == minutes[10] + DELAY for now in minutes] == [
        *[True] * 10,
        False,
    ]


@pytest.mark.parametrize(("minute", "late"), [(-1439, False), (-1441, True)])
def test_activity_told_a_day_late_is_history(minute: int, late: bool) -> None:
    assert is_late_activity(added(minute), EVENING) is late


def test_history_and_tests_are_no_activities() -> None:
    assert is_cart_activity(added(0))
    assert not is_cart_activity(act("Product Added", 0, backfill=True))
    assert not is_cart_activity(act("Product Added", 0, test=True))
