"""Whether a person left a cart behind: a pure decision with its reason, the same whoever asks and how often."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from regulars.domain.carts import (
    ABANDONED,
    ADDED,
    IDS,
    cart_of,
    ids_of,
    is_activity,
    is_same,
    may_be_same,
)
from regulars.domain.events import Event, event_id
from regulars.domain.times import FUTURE_TOLERANCE, from_text, to_text

SOURCE = "regulars/abandonment"

type Reason = Literal["nobody", "no_cart", "ordered", "announced", "emptied", "active", "abandoned"]


class Decision(msgspec.Struct, frozen=True):
    """What became of a person's cart, and the event that tells of it when it was abandoned."""

    reason: Reason
    event: Event | None = None


def decide(events: Iterable[Event], last_order: str, delay: timedelta, now: datetime) -> Decision:
    """Judge a person by their latest events, given in any order, and the time of their last order ('': none).

    `active` means that the last activity is younger than the delay: the check that it brought about will judge it.
    """
    told = sorted(
        (one for one in events if not one.test), key=lambda one: (one.occurred_at, one.id)
    )
    orders = [one for one in told if _is_order(one)]
    last_order = max([last_order, *map(_ordered_at, orders)])
    cart = [one for one in told if is_activity(one)]
    if not cart:
        return Decision("no_cart")
    cart = [one for one in cart if not _is_ordered(one, orders, last_order)]
    if not cart:
        return Decision("ordered")
    announced = [one for one in told if one.type == ABANDONED and one.occurred_at > last_order]
    cart = [one for one in cart if not _is_announced(one, announced)]
    if not cart:
        return Decision("announced")
    return _judged(cart, last_order, delay, now)


def _judged(cart: Sequence[Event], last_order: str, delay: timedelta, now: datetime) -> Decision:
    if not cart_of(cart).is_open:
        return Decision("emptied")
    if from_text(cart[-1].occurred_at) + delay > now:
        return Decision("active")
    return Decision("abandoned", _abandonment(cart, last_order, delay, now))


def _is_order(event: Event) -> bool:
    """Whether somebody bought, also where the order itself is told and counted elsewhere, as by the shop."""
    order = event.order
    if order is None:
        return event.type == "Order Completed"
    # A cancellation that does not say when the order was placed may be of one placed long ago.
    return not order.refund_id and (order.status != "cancelled" or bool(order.placed_at))


def _ordered_at(event: Event) -> str:
    return (event.order.placed_at if event.order else "") or event.occurred_at


def _is_ordered(event: Event, orders: Iterable[Event], last_order: str) -> bool:
    """Whether an order came after the activity, or is of the same cart.

    The last step of a checkout may be told after its order, by another clock; only what is put into the cart anew is
    no trace of it.
    """
    until = last_order
    if last_order and event.type not in ADDED:
        until = to_text(from_text(last_order) + FUTURE_TOLERANCE)
    return event.occurred_at <= until or any(is_same(ids_of(one), ids_of(event)) for one in orders)


def _is_announced(event: Event, announced: Iterable[Event]) -> bool:
    return any(may_be_same(ids_of(one), ids_of(event)) for one in announced)


def _abandonment(cart: Sequence[Event], last_order: str, delay: timedelta, now: datetime) -> Event:
    last, left = cart[-1], cart_of(cart)
    ids = {name: text for one in cart for name, text in ids_of(one).items()}
    told: dict[str, Any] = ids | {"last_activity_at": last.occurred_at}
    told |= {} if left.amount is None else {"amount": left.amount}
    return Event(
        id=_id(last, ids, last_order),
        type=ABANDONED,
        channel=last.channel,
        source=SOURCE,
        occurred_at=to_text(from_text(last.occurred_at) + delay),
        received_at=to_text(now),
        subjects=last.subjects,
        items=left.items,
        currency=left.currency,
        properties=told,
    )


def _id(last: Event, ids: dict[str, str], last_order: str) -> str:
    """A cart that goes by an id is abandoned once until its owner orders; shops use one id for many carts, and people."""
    named = next(((name, ids[name]) for name in IDS if name in ids), None)
    if named is None:
        return event_id(ABANDONED, last.id)
    return event_id(ABANDONED, last.subject, *named, last_order)
