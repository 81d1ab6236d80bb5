"""Fold the events of an order into one value, and sum a person's orders; sequence and repetition do not matter."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import reduce
from itertools import chain

import msgspec

from regulars.domain.events import Event
from regulars.domain.times import from_text
from regulars.domain.trust import trust_of


class Refund(msgspec.Struct, frozen=True, array_like=True):
    """The newest version of one refund; without `amount` of the whole total, with a negative one of a refund that failed.

    A `claimed` refund is not counted. One `by_browser` is not counted for an order that a stronger source reports, since
    anybody can send it.
    """

    version: str
    event: str
    amount: int | None
    claimed: bool = False
    by_browser: bool = False

    @property
    def precedence(self) -> tuple[bool, bool, str, str]:
        """A sort key: the greatest of several reports of a refund is in force."""
        return not self.claimed, not self.by_browser, self.version, self.event


class Order(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The newest snapshot of an order and all its refunds; amounts are minor units of `currency`.

    `event` is the id of the snapshot's event. Without it only refunds are known, and the order is not counted. Nor is an
    order that is only `claimed` (see `OrderFact`). A snapshot `by_browser` is in force until a stronger source reports the
    order.
    """

    version: str = ""
    event: str = ""
    placed_at: str = ""
    first_told: str = ""
    status: str = ""
    total: int = 0
    refunded_in_snapshot: int = 0
    quantity: int = 0
    currency: str = ""
    refunds: dict[str, Refund] = {}
    claimed: bool = False
    by_browser: bool = False

    @property
    def standing(self) -> int:
        """The standing of the snapshot: 0 without one, 1 for a claim, 2 for a browser's, 3 for that of a stronger source."""
        if not self.event:
            return 0
        return 1 if self.claimed else 3 - self.by_browser

    @property
    def precedence(self) -> tuple[int, str, str]:
        """A sort key: the greatest of several snapshots is in force."""
        return self.standing, self.version, self.event

    @property
    def order_time(self) -> str:
        """The time at which the order was placed; without it, the time of the first event that names the order."""
        return self.placed_at or self.first_told

    @property
    def is_purchase(self) -> bool:
        """Whether the order is confirmed and not cancelled."""
        return self.is_confirmed and self.status != "cancelled"

    @property
    def is_confirmed(self) -> bool:
        """Whether the order has a snapshot that is no claim."""
        return bool(self.event) and not self.claimed

    @property
    def refund_total(self) -> int:
        """The refunded amount, at most the total.

        A snapshot's own figure contains the refunds before it, so this is the greater of the two, not their sum. Refunds
        that failed after the snapshot are subtracted from its figure.
        """
        amounts = [
            (refund.version, self.total if refund.amount is None else refund.amount)
            for refund in self.refunds.values()
            if not refund.claimed and refund.by_browser <= self.by_browser
        ]
        failed = sum(
            -amount for version, amount in amounts if amount < 0 and version > self.version
        )
        refunded = sum(max(0, amount) for _, amount in amounts)
        return min(self.total, max(self.refunded_in_snapshot - failed, refunded))

    @property
    def net_amount(self) -> int:
        """The total less refunds; 0 for a cancelled order."""
        return max(0, self.total - self.refund_total) if self.is_purchase else 0


class OrderTotals(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The sums of a person's orders; cancelled orders count only in `cancelled`; money is in minor units by currency."""

    count: int = 0
    cancelled: int = 0
    quantity: int = 0
    first: str = ""
    last: str = ""
    money: dict[str, int] = {}  # net of refunds
    refunded: dict[str, int] = {}  # only currencies with refunds

    @property
    def mean_gap_days(self) -> float | None:
        """The mean number of days between two orders; None for fewer than two."""
        if self.count < 2:  # noqa: PLR2004 (a gap has two ends)
            return None
        return (from_text(self.last) - from_text(self.first)) / timedelta(days=1) / (self.count - 1)


NO_ORDERS = OrderTotals()


def add_event_to_order(order: Order, event: Event) -> Order:
    """Return the order with one event added; this is commutative and idempotent."""
    return combine_orders(order, _read_order(event)) if event.order else order


def fold_order(events: Iterable[Event], order: Order = Order()) -> Order:  # noqa: B008 (immutable)
    """Return an order with all these events of it added."""
    return reduce(add_event_to_order, events, order)


def combine_orders(first: Order, second: Order) -> Order:
    """Return what two sets of events together say about one order."""
    snapshot = max(first, second, key=lambda order: order.precedence)
    # What has less standing must not move the order to another time.
    times = [order.first_told for order in (first, second) if order.standing == snapshot.standing]
    refunds = dict(first.refunds)
    for refund_id, refund in second.refunds.items():
        stored = refunds.get(refund_id, refund)
        refunds[refund_id] = max(stored, refund, key=lambda report: report.precedence)
    return msgspec.structs.replace(
        snapshot,
        first_told=min(filter(None, times), default=""),
        refunds=refunds,
    )


def sum_orders(orders: Iterable[Order]) -> OrderTotals:
    """Return the totals of these orders in any sequence; NO_ORDERS itself when none is confirmed."""
    known_orders = [order for order in orders if order.is_confirmed]
    if not known_orders:
        return NO_ORDERS
    purchases = [order for order in known_orders if order.is_purchase]
    return _sum_purchases(purchases, cancelled=len(known_orders) - len(purchases))


def _sum_purchases(purchases: Sequence[Order], cancelled: int) -> OrderTotals:
    times = [order.order_time for order in purchases]
    return OrderTotals(
        count=len(purchases),
        cancelled=cancelled,
        quantity=sum(order.quantity for order in purchases),
        first=min(times, default=""),
        last=max(times, default=""),
        money=_sum_by_currency((order.currency, order.net_amount) for order in purchases),
        refunded=_sum_by_currency(
            (order.currency, order.refund_total) for order in purchases if order.refund_total
        ),
    )


def _read_order(event: Event) -> Order:
    """Return what one event says about its order."""
    fact, by_browser = event.order, not trust_of(event).is_strong
    if fact is None:
        return Order()
    if fact.refund_id:
        refund = Refund(
            version=fact.version,
            event=event.id,
            amount=fact.refunded,
            claimed=fact.claimed,
            by_browser=by_browser,
        )
        return Order(refunds={fact.refund_id: refund})
    return Order(
        version=fact.version,
        event=event.id,
        placed_at=fact.placed_at,
        first_told=event.occurred_at,
        status=fact.status,
        total=fact.total,
        refunded_in_snapshot=fact.total if fact.refunded is None else fact.refunded,
        quantity=sum(item.quantity for item in event.items),
        currency=fact.currency or event.currency,
        claimed=fact.claimed,
        by_browser=by_browser,
    )


def combine_totals(parts: Iterable[OrderTotals]) -> OrderTotals:
    """Return the totals of disjoint sets of orders together."""
    known_parts = [part for part in parts if part != NO_ORDERS]
    if not known_parts:
        return NO_ORDERS
    return OrderTotals(
        count=sum(part.count for part in known_parts),
        cancelled=sum(part.cancelled for part in known_parts),
        quantity=sum(part.quantity for part in known_parts),
        first=min((part.first for part in known_parts if part.first), default=""),
        last=max(part.last for part in known_parts),
        money=_sum_by_currency(chain.from_iterable(part.money.items() for part in known_parts)),
        refunded=_sum_by_currency(
            chain.from_iterable(part.refunded.items() for part in known_parts)
        ),
    )


def _sum_by_currency(amounts: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for currency, amount in amounts:
        sums[currency] = sums.get(currency, 0) + amount
    return sums
