"""Compute carts and checkouts from events: their lines, their identity, and when to check them for abandonment."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from regulars.domain.events import Event, Item
from regulars.domain.times import from_text, to_text

ABANDONED_EVENT_TYPE = "Checkout Abandoned"
ADDING_EVENT_TYPES = frozenset({"Product Added", "Wishlist Product Added to Cart"})
CHECKOUT_EVENT_TYPES = frozenset({
    *("Checkout Created", "Checkout Started", "Checkout Updated"),
    *("Checkout Step Viewed", "Checkout Step Completed", "Payment Info Entered"),
})  # fmt: skip
CART_EVENT_TYPES = (
    ADDING_EVENT_TYPES
    | CHECKOUT_EVENT_TYPES
    | {"Product Removed", "Cart Created", "Cart Viewed", "Cart Updated"}
)
# The properties that identify a cart, the most stable first: the id of a checkout may be new at each visit.
CART_ID_NAMES = ("cart_id", "checkout_id", "order_id")
# An activity that arrives later triggers nothing; older activities do not belong to a cart.
CART_LOOKBACK = timedelta(days=1)
_NO_LINES: Mapping[str, Item] = {}


class Cart(msgspec.Struct, frozen=True):
    """The lines of a cart by product id; an open checkout may have none."""

    lines: Mapping[str, Item] = _NO_LINES
    currency: str = ""
    is_checkout: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the cart has a line or is an open checkout."""
        return self.is_checkout or bool(self.lines)

    @property
    def items(self) -> tuple[Item, ...]:
        """The lines whose product is known."""
        return tuple(item for item in self.lines.values() if item.product_id)

    @property
    def amount(self) -> int | None:
        """The total price in minor units; None for no lines or when a price is unknown."""
        lines = self.lines.values()
        if not lines or any(item.price is None for item in lines):
            return None
        return sum((item.price or 0) * item.quantity for item in lines)

    def apply_event(self, event: Event) -> "Cart":
        """Return the cart after one more activity."""
        lines = self._apply_lines(event)
        if not lines and (self.lines or event.type == "Cart Updated"):
            return Cart()  # the cart was emptied
        currency = event.currency or self.currency
        return Cart(lines, currency, self.is_checkout or event.type in CHECKOUT_EVENT_TYPES)

    def _apply_lines(self, event: Event) -> Mapping[str, Item]:
        lines = self._lines_in_currency(event.currency)
        if event.type in ADDING_EVENT_TYPES:
            return _add_items(lines, event, 1)
        if event.type == "Product Removed":
            return _add_items(lines, event, -1)
        # Every other event lists the whole cart or nothing; only an update without products empties it.
        return _add_items({}, event, 1) if event.items or event.type == "Cart Updated" else lines

    def _lines_in_currency(self, currency: str) -> Mapping[str, Item]:
        if not currency or not self.currency or currency == self.currency:
            return self.lines
        return {key: msgspec.structs.replace(item, price=None) for key, item in self.lines.items()}


def is_cart_activity(event: Event) -> bool:
    """Return whether an event is a live activity on a cart; history and tests are not."""
    return event.type in CART_EVENT_TYPES and not (event.backfill or event.test)


def is_late_activity(event: Event, now: datetime) -> bool:
    """Return whether an activity arrived too late to trigger anything."""
    return event.occurred_at < to_text(now - CART_LOOKBACK)


def cart_check_time(event: Event, delay: timedelta, now: datetime) -> datetime:
    """Return when to check for an order after an activity: `delay` after it or its arrival, at a whole minute.

    Activities within a sixth of the delay share one check, always at least `delay` after the last of them.
    """
    interval = max(60, int(delay.total_seconds()) // 360 * 60)
    seconds = max(now, from_text(event.occurred_at)).timestamp()
    return datetime.fromtimestamp(seconds // interval * interval + interval, UTC) + delay


def cart_ids_of(event: Event) -> dict[str, str]:
    """Return the ids of the cart, the checkout and the order that an event belongs to."""
    ids = {name: str(event.properties.get(name) or "") for name in CART_ID_NAMES}
    if event.order:
        ids["order_id"] = event.order.key.rpartition("/")[2]
    return {name: text for name, text in ids.items() if text}


def is_same_cart(first: Mapping[str, str], second: Mapping[str, str]) -> bool:
    """Return whether two sets of ids share a cart, checkout or order."""
    return any(second.get(name) == text for name, text in first.items())


def may_be_same_cart(first: Mapping[str, str], second: Mapping[str, str]) -> bool:
    """Return whether two sets of ids share one, or have no kind of id in common."""
    return is_same_cart(first, second) or not first.keys() & second.keys()


def cart_from_events(activities: Iterable[Event]) -> Cart:
    """Return the cart after these activities, given oldest first."""
    cart = Cart()
    for event in activities:
        cart = cart.apply_event(event)
    return cart


def _add_items(lines: Mapping[str, Item], event: Event, sign: int) -> dict[str, Item]:
    result = dict(lines)
    # An event without items still adds or removes one unknown product, except an update, which lists the whole cart.
    unknown_items = () if event.type == "Cart Updated" else (Item(product_id=""),)
    for item in event.items or unknown_items:
        previous = result.get(item.product_id)
        quantity = (previous.quantity if previous else 0) + sign * item.quantity
        if quantity > 0:
            line = item if sign > 0 else previous or item
            result[item.product_id] = msgspec.structs.replace(line, quantity=quantity)
        else:
            result.pop(item.product_id, None)
    return result
