"""Compare what the checks announce in random evenings of a person with an oracle that reads the whole evening."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from regulars.domain.abandonment import decide_abandonment
from regulars.domain.carts import cart_check_time, is_cart_activity
from regulars.domain.events import Event
from regulars.domain.times import from_text
from tests.support.cart_stories import (
    CUP,
    DELAY,
    EVENING_TIME,
    build_activity,
    build_added,
    build_ordered,
)

STEP_KINDS = ("added", "added", "checkout", "order", "view", "history")
STORIES = st.lists(
    st.tuples(st.sampled_from(STEP_KINDS), st.integers(0, 600)),
    max_size=14,
    unique_by=lambda step: step[1],
).map(lambda steps: [build_step(*step) for step in steps])
ABANDONED_AFTER_MINUTES = 60
DETECTED_AFTER_MINUTES = 70  # a check comes at most ten minutes after the delay
CHECKOUT_TAIL_MINUTES = 5  # a checkout step that arrives this soon after an order belongs to it
END_MINUTE = 10_000


def build_step(kind: str, minute: int) -> Event:
    """Return one step of an evening."""
    match kind:
        case "added":
            return build_added(minute)
        case "checkout":
            return build_activity("Checkout Started", minute, CUP)
        case "order":
            return build_ordered(minute, key=f"shop/{minute}")
    return build_activity(
        "Product Added" if kind == "history" else "Page Viewed", minute, backfill=True
    )


def event_time(event: Event) -> datetime:
    return from_text(event.occurred_at)


def event_minute(event: Event) -> int:
    return round((event_time(event) - EVENING_TIME) / timedelta(minutes=1))


def collect_announcements(events: Sequence[Event], random_: random.Random) -> dict[str, Event]:
    """Return what the checks announce: each at its time, some twice, reading the events so far in any order."""
    announcements: dict[str, Event] = {}
    check_times = {
        cart_check_time(event, DELAY, event_time(event))
        for event in events
        if is_cart_activity(event)
    }
    for now in sorted([*check_times, *(time for time in check_times if random_.random() < 0.5)]):
        past = [event for event in events if event_time(event) <= now]
        known = [*past, *past, *announcements.values()]
        random_.shuffle(known)
        event = decide_abandonment(known, "", DELAY, now).event
        announcements |= {event.id: event} if event else {}
    return announcements


def split_carts(events: Sequence[Event]) -> list[list[int]]:
    """Return the minutes of activity between one order and the next, each cart ended by that order or by the end."""
    orders = sorted(event_minute(event) for event in events if event.order)
    return [
        [*cart_minutes(events, before, after), after]
        for before, after in pairwise([-END_MINUTE, *orders, END_MINUTE])
    ]


def cart_minutes(events: Sequence[Event], before: int, after: int) -> list[int]:
    """Return the minutes of the activities that belong to the cart between two orders."""
    minutes = []
    for event in filter(is_cart_activity, events):
        is_tail = event.type != "Product Added" and before > -END_MINUTE
        start = before + CHECKOUT_TAIL_MINUTES * is_tail
        if start < event_minute(event) < after:
            minutes.append(event_minute(event))
    return sorted(minutes)


@given(STORIES, st.randoms(use_true_random=False))
def test_cart_is_announced_once_exactly_when_no_order_follows(
    events: list[Event], random_: random.Random
) -> None:
    announcements = collect_announcements(events, random_).values()
    minutes = [event_minute(event) - ABANDONED_AFTER_MINUTES for event in announcements]
    for cart in split_carts(events):
        first, last = min(cart), max(cart)
        silence = max((after - before for before, after in pairwise(cart)), default=0)
        count = sum(first <= minute < last for minute in minutes)
        assert (silence > DETECTED_AFTER_MINUTES) <= count <= (silence >= ABANDONED_AFTER_MINUTES)
    assert len(minutes) <= len(split_carts(events))


@given(STORIES, st.randoms(use_true_random=False))
def test_announcement_names_an_activity_that_nothing_followed(
    events: list[Event], random_: random.Random
) -> None:
    activities = [event for event in events if is_cart_activity(event)]
    busy_times = {event.occurred_at for event in activities if event.type == "Product Added"}
    busy_times |= {event.occurred_at for event in events if event.order}
    for announcement in collect_announcements(events, random_).values():
        since = announcement.properties["last_activity_at"]
        assert since in {event.occurred_at for event in activities}
        assert not {time for time in busy_times if since < time < announcement.occurred_at}
