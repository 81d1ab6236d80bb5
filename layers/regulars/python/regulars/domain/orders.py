"""One order as the fold of what was said about it, and what a person's orders come to: in any order, told twice or not."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from regulars.domain.events import Event
from regulars.domain.times import from_text


class Refund(msgspec.Struct, frozen=True, array_like=True):
    """One refund as last told; without `amount` everything was paid back, below zero it was not after all."""

    version: str
    event: str
    amount: int | None


class Order(msgspec.Struct, frozen=True, omit_defaults=True):
    """One order: its newest snapshot and all its refunds. Amounts are minor units of `currency`.

    Without `event` no snapshot came yet: only refunds are known and nothing is counted.
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

    @property
    def ordered_at(self) -> str:
        """When it was placed; the earliest mention of an order that does not say so."""
        return self.placed_at or self.first_told

    @property
    def counts(self) -> bool:
        """Whether it is a purchase: told by a snapshot and not cancelled."""
        return bool(self.event) and self.status != "cancelled"

    @property
    def refunded(self) -> int:
        """What was paid back, never over the total.

        A snapshot's own figure contains the refunds before it, so the greater of the two is taken, not their sum;
        and those that failed only since.
        """
        told = [
            (one.version, self.total if one.amount is None else one.amount)
            for one in self.refunds.values()
        ]
        failed = sum(-amount for version, amount in told if amount < 0 and version > self.version)
        given = sum(max(0, amount) for _, amount in told)
        return min(self.total, max(self.refunded_in_snapshot - failed, given))

    @property
    def net(self) -> int:
        """What the seller kept; nothing of a cancelled order."""
        return max(0, self.total - self.refunded) if self.counts else 0


class OrderTotals(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person's orders come to: cancelled ones only in `cancelled`; money by currency in minor units."""

    count: int = 0
    cancelled: int = 0
    quantity: int = 0
    first: str = ""
    last: str = ""
    money: dict[str, int] = {}  # net
    refunded: dict[str, int] = {}  # only where something was

    @property
    def gross(self) -> dict[str, int]:
        """Money by currency before refunds."""
        return {
            currency: net + self.refunded.get(currency, 0) for currency, net in self.money.items()
        }

    @property
    def mean_gap_days(self) -> float | None:
        """The mean days between two orders; None below two."""
        if self.count < 2:  # noqa: PLR2004 (a gap has two ends)
            return None
        return (from_text(self.last) - from_text(self.first)) / timedelta(days=1) / (self.count - 1)


NO_ORDERS = OrderTotals()


def add_to_order(order: Order, event: Event) -> Order:
    """The order with what one event says about it; commutative and idempotent."""
    fact = event.order
    if fact is None:
        return order
    if fact.refund_id:
        refund = Refund(fact.version, event.id, fact.refunded)
        known = order.refunds.get(fact.refund_id)
        if known and (known.version, known.event) >= (refund.version, refund.event):
            return order
        return msgspec.structs.replace(order, refunds={**order.refunds, fact.refund_id: refund})
    return _add_snapshot(order, event)


def totals(orders: Iterable[Order]) -> OrderTotals:
    """What these orders come to, whatever their order; NO_ORDERS itself when nothing was ordered."""
    told = [order for order in orders if order.event]
    if not told:
        return NO_ORDERS
    counted = [order for order in told if order.counts]
    times = [order.ordered_at for order in counted]
    return OrderTotals(
        count=len(counted),
        cancelled=len(told) - len(counted),
        quantity=sum(order.quantity for order in counted),
        first=min(times, default=""),
        last=max(times, default=""),
        money=_by_currency((order.currency, order.net) for order in counted),
        refunded=_by_currency(
            (order.currency, order.refunded) for order in counted if order.refunded
        ),
    )


def _add_snapshot(order: Order, event: Event) -> Order:
    fact = event.order
    assert fact is not None  # noqa: S101 (the caller looked)
    first_told = min(filter(None, (order.first_told, event.occurred_at)))
    if order.event and (order.version, order.event) >= (fact.version, event.id):
        return msgspec.structs.replace(order, first_told=first_told)
    return Order(
        version=fact.version,
        event=event.id,
        placed_at=fact.placed_at,
        first_told=first_told,
        status=fact.status,
        total=fact.total,
        refunded_in_snapshot=fact.total if fact.refunded is None else fact.refunded,
        quantity=sum(item.quantity for item in event.items),
        currency=fact.currency or event.currency,
        refunds=order.refunds,
    )


def _by_currency(amounts: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for currency, amount in amounts:
        sums[currency] = sums.get(currency, 0) + amount
    return sums
