"""The lines of a cart, its abandonment, and the time of its check."""

from datetime import timedelta

import pytest

from regulars.domain.abandonment import ABANDONMENT_SOURCE
from regulars.domain.carts import (
    cart_check_time,
    cart_from_events,
    is_cart_activity,
    is_late_activity,
)
from regulars.domain.events import Event, Item, OrderFact
from regulars.domain.profiles import fold_events
from tests.support.cart_stories import (
    CUP,
    DELAY,
    EVENING_TIME,
    TEAPOT_PRODUCT,
    build_activity,
    build_added,
    build_announcement,
    build_ordered,
    decide_story,
    minute_text,
)

CHECKOUT_STARTED = build_activity("Checkout Started", 0)
CANCELLATION = OrderFact(key="shop/9", version=minute_text(5), status="cancelled")
REFUND = OrderFact(key="shop/9", version=minute_text(5), refund_id="r1")


def build_removed(minute: float, *items: Item) -> Event:
    return build_activity("Product Removed", minute, *items)


@pytest.mark.parametrize(
    ("events", "lines"),
    [
        ([build_added(0), build_added(1)], {"teapot": 2}),
        ([build_added(0, CUP), build_removed(1, Item(product_id="cup"))], {"cup": 1}),
        ([build_added(0, CUP), build_removed(1, CUP)], {}),
        ([build_added(0), build_removed(1, CUP)], {"teapot": 1}),
        ([build_added(0), build_activity("Cart Viewed", 1, CUP)], {"cup": 2}),
        ([build_added(0), build_activity("Cart Viewed", 1)], {"teapot": 1}),
        ([build_added(0), build_activity("Cart Updated", 1)], {}),
        ([build_activity("Cart Updated", 0, CUP, CUP)], {"cup": 4}),
        ([build_activity("Checkout Started", 0, CUP), build_added(1)], {"cup": 2, "teapot": 1}),
    ],
)
def test_cart_holds_added_and_not_removed_products(
    events: list[Event], lines: dict[str, int]
) -> None:
    assert {item.product_id: item.quantity for item in cart_from_events(events).items} == lines


@pytest.mark.parametrize(
    ("events", "amount"),
    [
        ([build_added(0, TEAPOT_PRODUCT, CUP)], 1850),
        ([build_added(0, TEAPOT_PRODUCT, Item(product_id="gift"))], None),
        ([CHECKOUT_STARTED], None),
        ([build_added(0), build_activity("Product Added", 1, CUP, currency="EUR")], None),
    ],
)
def test_cart_amount_needs_every_price(events: list[Event], amount: int | None) -> None:
    assert cart_from_events(events).amount == amount


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([], "no_cart"),
        ([build_activity("Product Viewed", 0, TEAPOT_PRODUCT)], "no_cart"),
        ([build_added(0)], "abandoned"),
        ([build_activity("Product Added", 0)], "abandoned"),
        ([CHECKOUT_STARTED], "abandoned"),
        ([build_activity("Cart Viewed", 0)], "emptied"),
        ([build_activity("Product Added", 0), build_activity("Product Removed", 1)], "emptied"),
        ([build_activity("Checkout Started", 0, CUP), build_removed(1, CUP)], "emptied"),
        ([build_added(0), build_added(60)], "abandoned"),
        ([build_added(0), build_added(60.1)], "active"),
        ([build_added(0), build_ordered(30)], "ordered"),
        ([build_added(0), build_ordered(30), build_added(40)], "abandoned"),
        (
            [build_added(0), build_ordered(30), build_activity("Checkout Step Completed", 32)],
            "ordered",
        ),
        (
            [build_added(0), build_ordered(30), build_activity("Checkout Step Completed", 36)],
            "abandoned",
        ),
        ([build_added(10), build_ordered(30, placed=5)], "abandoned"),
        ([build_added(0), build_activity("Order Refunded", 5, order=REFUND)], "abandoned"),
        ([build_added(0), build_activity("Order Cancelled", 5, order=CANCELLATION)], "abandoned"),
        ([build_added(0), build_activity("Order Completed", 5)], "ordered"),
        ([build_added(0), build_activity("Order Completed", 5), build_added(20)], "abandoned"),
        ([build_added(0), build_activity("Order Completed", 5, test=True)], "abandoned"),
        ([build_activity("Product Added", 0, TEAPOT_PRODUCT, backfill=True)], "no_cart"),
        ([build_activity("Product Added", 0, TEAPOT_PRODUCT, test=True)], "no_cart"),
        (
            [
                build_added(0),
                build_activity(
                    "Order Completed",
                    5,
                    order=OrderFact(key="s/1", version=minute_text(5)),
                    test=True,
                ),
            ],
            "abandoned",
        ),
    ],
)
def test_cart_is_abandoned_when_no_order_follows(events: list[Event], reason: str) -> None:
    assert decide_story(*reversed(events)).reason == reason


@pytest.mark.parametrize(
    "order",
    [
        build_ordered(-30, checkout_id="k1"),
        build_ordered(-30, key="shop/o1"),
        build_ordered(-30, cart_id="c1"),
    ],
)
def test_order_of_the_same_cart_counts_at_any_time(order: Event) -> None:
    ids = {"cart_id": "c1", "checkout_id": "k1", "order_id": "o1"}
    assert decide_story(build_added(0, **ids), order).reason == "ordered"
    assert decide_story(build_added(0, checkout_id="k2"), order).reason == "abandoned"


def test_order_known_to_the_profile_only_counts() -> None:
    assert decide_story(build_added(0), last_order=minute_text(30)).reason == "ordered"
    assert decide_story(build_added(0), last_order=minute_text(-30)).reason == "abandoned"


@pytest.mark.parametrize(
    ("announced_ids", "ids", "reason"),
    [
        ({}, {}, "announced"),
        ({"cart_id": "c1"}, {}, "announced"),
        ({"cart_id": "c1"}, {"checkout_id": "k1"}, "announced"),
        ({"cart_id": "c1"}, {"cart_id": "c1", "checkout_id": "k2"}, "announced"),
        ({"cart_id": "c1"}, {"cart_id": "c2"}, "abandoned"),
    ],
)
def test_announced_cart_is_not_announced_again(
    announced_ids: dict[str, str], ids: dict[str, str], reason: str
) -> None:
    before = build_activity(
        "Checkout Abandoned", 30, source="stripe/main", properties=announced_ids
    )
    assert decide_story(before, build_added(40, **ids)).reason == reason


def test_cart_after_an_order_is_another_one() -> None:
    first = build_announcement(build_added(-90, cart_id="c1"))
    events = (first, build_ordered(-10), build_added(20, cart_id="c1"))
    assert build_announcement(*events).id != first.id


def test_announcement_names_products_times_and_channel() -> None:
    checkout = build_activity(
        "Checkout Started", 20, TEAPOT_PRODUCT, CUP, properties={"checkout_id": "k1"}
    )
    announcement = build_announcement(build_added(0, cart_id="c1"), checkout)
    assert (announcement.type, announcement.channel, announcement.source) == (
        "Checkout Abandoned",
        "web",
        ABANDONMENT_SOURCE,
    )
    assert (announcement.occurred_at, announcement.received_at) == (
        minute_text(80),
        minute_text(120),
    )
    assert (announcement.subjects, announcement.items, announcement.currency) == (
        ("a:1",),
        (TEAPOT_PRODUCT, CUP),
        "GBP",
    )
    ids = {"cart_id": "c1", "checkout_id": "k1"}
    assert announcement.properties == ids | {"amount": 1850, "last_activity_at": minute_text(20)}
    assert not announcement.backfill


def test_announcement_is_the_same_event_at_any_time_of_detection() -> None:
    once, later = build_announcement(build_added(0)), build_announcement(build_added(0), minute=300)
    assert once.id == later.id
    assert build_announcement(build_added(1)).id != once.id


def test_cart_with_an_id_is_announced_once() -> None:
    days = 3 * 24 * 60
    announcements = (
        build_announcement(build_added(0, cart_id="c1")),
        build_announcement(build_added(days, cart_id="c1"), minute=9999),
    )
    assert announcements[0].id == announcements[1].id


def test_same_cart_id_of_another_person_is_another_cart() -> None:
    other_cart = build_activity(
        "Product Added", 0, TEAPOT_PRODUCT, subjects=("a:2",), properties={"cart_id": "c1"}
    )
    assert build_announcement(other_cart).id != build_announcement(build_added(0, cart_id="c1")).id


def test_abandonment_is_counted_in_the_profile() -> None:
    assert fold_events([build_announcement(build_added(0))]).counts == {"Checkout Abandoned": 1}


@pytest.mark.parametrize("minute", [0, 0.01, 5.5, 9.99, 10, 59.9])
@pytest.mark.parametrize(("delay", "width"), [(1, 1), (5, 1), (60, 10), (1440, 240)])
def test_check_comes_after_the_delay_at_a_whole_minute(
    minute: float, delay: int, width: int
) -> None:
    now, wait = EVENING_TIME + timedelta(minutes=minute), timedelta(minutes=delay)
    due = cart_check_time(build_added(minute), wait, now)
    assert wait <= due - now <= wait + timedelta(minutes=width)
    assert (due.second, due.microsecond) == (0, 0)


def test_check_waits_for_activities_by_a_clock_that_is_ahead() -> None:
    assert (
        cart_check_time(build_added(4), DELAY, EVENING_TIME)
        >= EVENING_TIME + timedelta(minutes=4) + DELAY
    )


def test_late_activity_gives_a_late_order_the_whole_delay() -> None:
    assert cart_check_time(build_added(-600), DELAY, EVENING_TIME) >= EVENING_TIME + DELAY


def test_activities_of_the_same_minutes_share_a_check() -> None:
    minutes = [EVENING_TIME + timedelta(minutes=minute) for minute in range(11)]
    assert [
        cart_check_time(build_added(0), DELAY, now) == minutes[10] + DELAY for now in minutes
    ] == [
        *[True] * 10,
        False,
    ]


@pytest.mark.parametrize(("minute", "late"), [(-1439, False), (-1441, True)])
def test_activity_that_arrives_a_day_late_is_history(minute: int, late: bool) -> None:
    assert is_late_activity(build_added(minute), EVENING_TIME) is late


def test_history_and_tests_are_no_activities() -> None:
    assert is_cart_activity(build_added(0))
    assert not is_cart_activity(build_activity("Product Added", 0, backfill=True))
    assert not is_cart_activity(build_activity("Product Added", 0, test=True))
