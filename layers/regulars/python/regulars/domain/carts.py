"""Carts and checkouts as events tell them: what is in one, which is which, and when to look at it again."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from regulars.domain.events import Event, Item
from regulars.domain.times import from_text, to_text

ABANDONED = "Checkout Abandoned"
ADDED = frozenset({"Product Added", "Wishlist Product Added to Cart"})
CHECKOUTS = frozenset({
    *("Checkout Created", "Checkout Started", "Checkout Updated"),
    *("Checkout Step Viewed", "Checkout Step Completed", "Payment Info Entered"),
})  # fmt: skip
ACTIVITIES = ADDED | CHECKOUTS | {"Product Removed", "Cart Created", "Cart Viewed", "Cart Updated"}
# What tells one cart from another, the steadiest first: a checkout's id may be new at each visit.
IDS = ("cart_id", "checkout_id", "order_id")
# How late an activity may be told and still be acted upon, and how long a cart is remembered.
LOOKBACK = timedelta(days=1)
_NOTHING: Mapping[str, Item] = {}


class Cart(msgspec.Struct, frozen=True):
    """What is in a cart, by product; a checkout may be open without saying what is bought."""

    lines: Mapping[str, Item] = _NOTHING
    currency: str = ""
    is_checkout: bool = False

    @property
    def is_open(self) -> bool:
        """Whether there is something to order."""
        return self.is_checkout or bool(self.lines)

    @property
    def items(self) -> tuple[Item, ...]:
        """The products that were named."""
        return tuple(item for item in self.lines.values() if item.product_id)

    @property
    def amount(self) -> int | None:
        """What all of it costs in minor units, None where a price is not known."""
        lines = self.lines.values()
        if not lines or any(item.price is None for item in lines):
            return None
        return sum((item.price or 0) * item.quantity for item in lines)

    def after(self, event: Event) -> "Cart":
        """The cart after one more activity."""
        lines = self._lines_after(event)
        if not lines and (self.lines or event.type == "Cart Updated"):
            return Cart()  # emptied
        currency = event.currency or self.currency
        return Cart(lines, currency, self.is_checkout or event.type in CHECKOUTS)

    def _lines_after(self, event: Event) -> Mapping[str, Item]:
        known = self._priced_in(event.currency)
        if event.type in ADDED:
            return _changed(known, event, 1)
        if event.type == "Product Removed":
            return _changed(known, event, -1)
        # All others show the whole cart, if they show anything; only an update without products says that it is empty.
        return _changed({}, event, 1) if event.items or event.type == "Cart Updated" else known

    def _priced_in(self, currency: str) -> Mapping[str, Item]:
        if not currency or not self.currency or currency == self.currency:
            return self.lines
        return {key: msgspec.structs.replace(item, price=None) for key, item in self.lines.items()}


def is_activity(event: Event) -> bool:
    """Whether somebody did something to a cart just now; history and tests are none."""
    return event.type in ACTIVITIES and not (event.backfill or event.test)


def is_late(event: Event, now: datetime) -> bool:
    """Whether an activity was told so late that nobody should hear of it any more."""
    return event.occurred_at < to_text(now - LOOKBACK)


def check_at(event: Event, delay: timedelta, now: datetime) -> datetime:
    """When to see whether an activity was followed by an order: `delay` after it or its telling, at a whole minute.

    The activities of a sixth of the delay are looked at together, always after the last of them is `delay` ago.
    """
    width = max(60, int(delay.total_seconds()) // 360 * 60)
    moment = max(now, from_text(event.occurred_at)).timestamp()
    return datetime.fromtimestamp(moment // width * width + width, UTC) + delay


def ids_of(event: Event) -> dict[str, str]:
    """What an event says about which cart, checkout or order it is of."""
    said = {name: str(event.properties.get(name) or "") for name in IDS}
    if event.order:
        said["order_id"] = event.order.key.rpartition("/")[2]
    return {name: text for name, text in said.items() if text}


def is_same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two sets of ids name the same cart, checkout or order."""
    return any(other.get(name) == text for name, text in one.items())


def may_be_same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether nothing tells the two apart."""
    return is_same(one, other) or not one.keys() & other.keys()


def cart_of(activities: Iterable[Event]) -> Cart:
    """The cart after these activities, given oldest first."""
    cart = Cart()
    for event in activities:
        cart = cart.after(event)
    return cart


def _changed(lines: Mapping[str, Item], event: Event, sign: int) -> dict[str, Item]:
    changed = dict(lines)
    # A product that is not named is something all the same, except in a list of all there is.
    unnamed = () if event.type == "Cart Updated" else (Item(""),)
    for item in event.items or unnamed:
        known = changed.get(item.product_id)
        quantity = (known.quantity if known else 0) + sign * item.quantity
        if quantity > 0:
            shown = item if sign > 0 else known or item
            changed[item.product_id] = msgspec.structs.replace(shown, quantity=quantity)
        else:
            changed.pop(item.product_id, None)
    return changed
