"""Decide whether a person abandoned a cart: a pure decision with its reason, the same at every repetition."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from regulars.domain.carts import (
    ABANDONED_EVENT_TYPE,
    ADDING_EVENT_TYPES,
    CART_ID_NAMES,
    Cart,
    cart_from_events,
    cart_ids_of,
    is_cart_activity,
    is_same_cart,
    may_be_same_cart,
)
from regulars.domain.events import Event, event_id
from regulars.domain.times import FUTURE_TOLERANCE, from_text, to_text

ABANDONMENT_SOURCE = "regulars/abandonment"

type AbandonmentReason = Literal[
    "nobody", "no_cart", "ordered", "announced", "emptied", "active", "abandoned"
]


class AbandonmentDecision(msgspec.Struct, frozen=True):
    """The reason of the decision, and the event to record when the cart was abandoned."""

    reason: AbandonmentReason
    event: Event | None = None


def decide_abandonment(
    events: Iterable[Event], last_order: str, delay: timedelta, now: datetime
) -> AbandonmentDecision:
    """Decide from a person's latest events, given in any order, and the time of their last order ('': none).

    `active` means that the last activity is younger than the delay; its own check decides later.
    """
    timeline = sorted(
        (event for event in events if not event.test),
        key=lambda event: (event.occurred_at, event.id),
    )
    orders = [event for event in timeline if _is_order(event)]
    last_order = max([last_order, *map(_order_time, orders)])
    activities = [event for event in timeline if is_cart_activity(event)]
    if not activities:
        return AbandonmentDecision("no_cart")
    activities = [
        event for event in activities if not _is_followed_by_order(event, orders, last_order)
    ]
    if not activities:
        return AbandonmentDecision("ordered")
    announcements = [
        event
        for event in timeline
        if event.type == ABANDONED_EVENT_TYPE and event.occurred_at > last_order
    ]
    activities = [event for event in activities if not _is_announced_cart(event, announcements)]
    if not activities:
        return AbandonmentDecision("announced")
    return _assess_cart(activities, last_order, delay, now)


def _assess_cart(
    activities: Sequence[Event], last_order: str, delay: timedelta, now: datetime
) -> AbandonmentDecision:
    if not cart_from_events(activities).is_open:
        return AbandonmentDecision("emptied")
    if from_text(activities[-1].occurred_at) + delay > now:
        return AbandonmentDecision("active")
    event = _build_abandonment(activities, last_order, delay, now)
    return AbandonmentDecision("abandoned", event)


def _is_order(event: Event) -> bool:
    """Return whether the person bought, also when the order itself is recorded by another source, such as the shop."""
    order = event.order
    if order is None:
        return event.type == "Order Completed"
    # A cancellation without the time of the order may concern an order of long ago.
    return not order.refund_id and (order.status != "cancelled" or bool(order.placed_at))


def _order_time(event: Event) -> str:
    return (event.order.placed_at if event.order else "") or event.occurred_at


def _is_followed_by_order(event: Event, orders: Iterable[Event], last_order: str) -> bool:
    """Return whether an order came after the activity, or belongs to the same cart.

    The last step of a checkout may arrive after its order, with the time of another clock. So every activity shortly
    after an order belongs to it, except one that adds a product.
    """
    until = last_order
    if last_order and event.type not in ADDING_EVENT_TYPES:
        until = to_text(from_text(last_order) + FUTURE_TOLERANCE)
    ids = cart_ids_of(event)
    return event.occurred_at <= until or any(
        is_same_cart(cart_ids_of(order), ids) for order in orders
    )


def _is_announced_cart(event: Event, announcements: Iterable[Event]) -> bool:
    ids = cart_ids_of(event)
    return any(may_be_same_cart(cart_ids_of(announcement), ids) for announcement in announcements)


def _build_abandonment(
    activities: Sequence[Event], last_order: str, delay: timedelta, now: datetime
) -> Event:
    last, cart = activities[-1], cart_from_events(activities)
    return Event(
        id=_abandonment_id(activities, last_order),
        type=ABANDONED_EVENT_TYPE,
        channel=last.channel,
        source=ABANDONMENT_SOURCE,
        occurred_at=to_text(from_text(last.occurred_at) + delay),
        received_at=to_text(now),
        subjects=last.subjects,
        items=cart.items,
        currency=cart.currency,
        properties=_build_properties(activities, cart),
    )


def _build_properties(activities: Sequence[Event], cart: Cart) -> dict[str, Any]:
    properties: dict[str, Any] = {
        **_collect_cart_ids(activities),
        "last_activity_at": activities[-1].occurred_at,
    }
    return properties if cart.amount is None else properties | {"amount": cart.amount}


def _abandonment_id(activities: Sequence[Event], last_order: str) -> str:
    """Return the event id: a cart with an id is announced once until its owner orders.

    The subject and the last order are part of the id, because shops reuse cart ids for later carts and other persons.
    """
    last, ids = activities[-1], _collect_cart_ids(activities)
    cart_id = next(((name, ids[name]) for name in CART_ID_NAMES if name in ids), None)
    if cart_id is None:
        return event_id(ABANDONED_EVENT_TYPE, last.id)
    return event_id(ABANDONED_EVENT_TYPE, last.subject, *cart_id, last_order)


def _collect_cart_ids(activities: Iterable[Event]) -> dict[str, str]:
    return {name: text for event in activities for name, text in cart_ids_of(event).items()}
