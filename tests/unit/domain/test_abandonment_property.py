"""Random evenings of one person: what the checks announce, beside an oracle that reads the whole evening at once."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from regulars.domain.abandonment import decide_abandonment
from regulars.domain.carts import is_cart_activity, next_check_time
from regulars.domain.events import Event
from regulars.domain.times import from_text
from tests.support.cart_stories import CUP, DELAY, EVENING, act, added, ordered

KINDS = ("added", "added", "checkout", "order", "view", "history")
STORIES = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 600)),
    max_size=14,
    unique_by=lambda step: step[1],
).map(lambda steps: [made(*step) for step in steps])
WAIT, LATEST = (
    60,
    70,
)  # minutes after which a cart is abandoned, and after which at the latest that is seen
TAIL = 5  # minutes within which a checkout told after an order is that order's
END = 10_000


def made(kind: str, minute: int) -> Event:
    """One step of an evening."""
    match kind:
        case "added":
            return added(minute)
        case "checkout":
            return act("Checkout Started", minute, CUP)
        case "order":
            return ordered(minute, key=f"shop/{minute}")
    return act("Product Added" if kind == "history" else "Page Viewed", minute, backfill=True)


def moment(event: Event) -> datetime:
    return from_text(event.occurred_at)


def minute_of(event: Event) -> int:
    return round((moment(event) - EVENING) / timedelta(minutes=1))


def announced(told: Sequence[Event], chance: random.Random) -> dict[str, Event]:
    """What the checks announce: each in its turn, some twice, reading what happened by then in any order."""
    found: dict[str, Event] = {}
    due = {next_check_time(one, DELAY, moment(one)) for one in told if is_cart_activity(one)}
    for now in sorted([*due, *(one for one in due if chance.random() < 0.5)]):
        known = [one for one in told if moment(one) <= now] * 2 + list(found.values())
        chance.shuffle(known)
        event = decide_abandonment(known, "", DELAY, now).event
        found |= {event.id: event} if event else {}
    return found


def carts(told: Sequence[Event]) -> list[list[int]]:
    """The minutes of activity between one order and the next, each cart ended by that order's minute or by the end."""
    orders = [-END, *sorted(minute_of(one) for one in told if one.order), END]
    return [
        [
            *sorted(
                minute_of(one)
                for one in told
                if is_cart_activity(one)
                and before + TAIL * (one.type != "Product Added" and before > -END) < minute_of(one)
                and minute_of(one) < after
            ),
            after,
        ]
        for before, after in pairwise(orders)
    ]


@given(STORIES, st.randoms(use_true_random=False))
def test_cart_is_announced_once_exactly_when_no_order_follows(
    told: list[Event], chance: random.Random
) -> None:
    minutes = [minute_of(one) - WAIT for one in announced(told, chance).values()]
    for cart in carts(told):
        first, last = min(cart), max(cart)
        silences = [after - before for before, after in pairwise(cart)]
        found = sum(first <= minute < last for minute in minutes)
        assert (max(silences, default=0) > LATEST) <= found <= (max(silences, default=0) >= WAIT)
    assert len(minutes) <= len(carts(told))


@given(STORIES, st.randoms(use_true_random=False))
def test_announcement_names_an_activity_that_nothing_followed(
    told: list[Event], chance: random.Random
) -> None:
    busy = {
        one.occurred_at for one in told if is_cart_activity(one) and one.type == "Product Added"
    }
    busy |= {one.occurred_at for one in told if one.order}
    for event in announced(told, chance).values():
        since = event.properties["last_activity_at"]
        assert since in {one.occurred_at for one in told if is_cart_activity(one)}
        assert not {at for at in busy if since < at < event.occurred_at}
