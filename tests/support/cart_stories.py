"""Build cart activities at minutes of one evening, for tests of carts and abandonment."""

from datetime import UTC, datetime, timedelta
from typing import Any

from regulars.domain.abandonment import AbandonmentDecision, decide_abandonment
from regulars.domain.events import Event, Item, OrderFact, event_id
from regulars.domain.times import to_text

EVENING_TIME = datetime(2026, 11, 20, 18, tzinfo=UTC)
DELAY = timedelta(hours=1)
TEAPOT_PRODUCT = Item(product_id="teapot", name="Teapot", price=1250)
CUP = Item(product_id="cup", name="Cup", quantity=2, price=300)


def minute_text(minute: float) -> str:
    """Return a minute of the evening as an RFC 3339 text."""
    return to_text(EVENING_TIME + timedelta(minutes=minute))


def build_activity(type_: str, minute: float, *items: Item, **fields: Any) -> Event:
    """Return an activity at that minute; the ids of the cart are in `properties`."""
    defaults: dict[str, Any] = {
        "channel": "web",
        "source": "segment/web",
        "received_at": minute_text(minute),
        "subjects": ("a:1",),
        "currency": "GBP" if items else "",
    }
    event_fields = defaults | fields
    name = f"{type_} {minute} {sorted(event_fields.get('properties', {}).items())}"
    return Event(
        id=event_id(name), type=type_, occurred_at=minute_text(minute), items=items, **event_fields
    )


def build_added(minute: float, *items: Item, **ids: str) -> Event:
    """Return an event that adds products to the cart, a teapot by default."""
    return build_activity("Product Added", minute, *(items or (TEAPOT_PRODUCT,)), properties=ids)


def build_ordered(
    minute: float, placed: float | None = None, key: str = "shop/1", **ids: str
) -> Event:
    """Return an order received at that minute, placed then or at another minute."""
    fact = OrderFact(
        key=key,
        version=minute_text(minute),
        placed_at=minute_text(minute if placed is None else placed),
    )
    return build_activity("Order Completed", minute, order=fact, properties=ids)


def decide_story(*events: Event, minute: float = 120, last_order: str = "") -> AbandonmentDecision:
    """Return the decision at that minute."""
    return decide_abandonment(events, last_order, DELAY, EVENING_TIME + timedelta(minutes=minute))


def build_announcement(*events: Event, minute: float = 120) -> Event:
    """Return the abandonment event; fail the test when the cart was not abandoned."""
    decision = decide_story(*events, minute=minute)
    assert decision.event, decision.reason
    return decision.event
