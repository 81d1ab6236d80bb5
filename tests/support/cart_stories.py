"""The words in which stories of carts are told: minutes of one evening, and what was done to a cart then."""

from datetime import UTC, datetime, timedelta
from typing import Any

from regulars.domain.abandonment import AbandonmentDecision, decide_abandonment
from regulars.domain.events import Event, Item, OrderFact, event_id
from regulars.domain.times import to_text

EVENING = datetime(2026, 11, 20, 18, tzinfo=UTC)
DELAY = timedelta(hours=1)
TEAPOT = Item(product_id="teapot", name="Teapot", price=1250)
CUP = Item(product_id="cup", name="Cup", quantity=2, price=300)


def at(minute: float) -> str:
    """A minute of the evening as events tell it."""
    return to_text(EVENING + timedelta(minutes=minute))


def act(type_: str, minute: float, *items: Item, **fields: Any) -> Event:
    """Somebody did something at that minute; ids of the cart go into `properties`."""
    defaults: dict[str, Any] = {
        "channel": "web",
        "source": "segment/web",
        "received_at": at(minute),
        "subjects": ("a:1",),
        "currency": "GBP" if items else "",
    }
    said = defaults | fields
    name = f"{type_} {minute} {sorted(said.get('properties', {}).items())}"
    return Event(id=event_id(name), type=type_, occurred_at=at(minute), items=items, **said)


def added(minute: float, *items: Item, **ids: str) -> Event:
    """Something was put into the cart, a teapot if nothing is said."""
    return act("Product Added", minute, *(items or (TEAPOT,)), properties=ids)


def ordered(minute: float, placed: float | None = None, key: str = "shop/1", **ids: str) -> Event:
    """An order told at that minute, and placed then or at another one."""
    fact = OrderFact(
        key=key, version=at(minute), placed_at=at(minute if placed is None else placed)
    )
    return act("Order Completed", minute, order=fact, properties=ids)


def judged(*events: Event, minute: float = 120, last_order: str = "") -> AbandonmentDecision:
    """What is found at that minute."""
    return decide_abandonment(events, last_order, DELAY, EVENING + timedelta(minutes=minute))


def announcement(*events: Event, minute: float = 120) -> Event:
    """The event that tells of the cart; a failed test when it was not abandoned."""
    decision = judged(*events, minute=minute)
    assert decision.event, decision.reason
    return decision.event
