"""What an import has done so far: counted in lines and orders, with the first refusals by line."""

from bisect import insort
from collections.abc import Iterable
from typing import Any

import msgspec

from regulars.channels.exports.refusals import REFUSAL_REASONS
from regulars.domain.events import Event
from regulars.domain.money import format_major_units

SHOWN_REFUSALS = 1000

type Refusal = tuple[int, str]  # line number and code


class Tally(msgspec.Struct):
    """Lines: `rows` = `imported` + `known` + `refused`; `orders` and `known_orders` count the same by order.

    Beside them what the lines that were taken come to, known or not: people, money of the orders that count and what of
    it was paid back (minor units by currency), and from when to when.
    """

    rows: int = 0
    imported: int = 0
    known: int = 0
    refused: int = 0
    orders: int = 0
    known_orders: int = 0
    default_currency_rows: int = 0
    people: int = 0
    tests: int = 0
    money: dict[str, int] = {}
    refunded: dict[str, int] = {}
    first: str = ""
    last: str = ""
    reasons: dict[str, int] = {}
    refusals: list[Refusal] = []

    def refuse(self, line: int, code: str) -> None:
        """Count a refused line, and keep the first of them in the order of the file."""
        self.reasons[code] = self.reasons.get(code, 0) + 1
        self.refused += 1
        self.rows += 1
        insort(self.refusals, (line, code))
        del self.refusals[SHOWN_REFUSALS:]

    def take(self, lines: int, events: Iterable[Event], *, known: bool) -> None:
        """Count the lines of an order or a person, new or known already."""
        self.rows += lines
        orders = sum(self._count(event) for event in events)
        if known:
            self.known += lines
            self.known_orders += orders
        else:
            self.imported += lines
            self.orders += orders

    def told(self) -> dict[str, Any]:
        """The tally as the report shows it."""
        told: dict[str, Any] = msgspec.to_builtins(self)
        for name, amounts in (("money", self.money), ("refunded", self.refunded)):
            told[name] = {
                currency: format_major_units(minor, currency) for currency, minor in amounts.items()
            }
        told["refusals"] = [
            {"line": line, "code": code, "reason": REFUSAL_REASONS[code]}
            for line, code in self.refusals
        ]
        return told

    def _count(self, event: Event) -> bool:
        """Whether the event tells of an order."""
        at, order = event.occurred_at, event.order
        self.first, self.last = min(self.first or at, at), max(self.last, at)
        self.tests += event.test
        if order and order.status != "cancelled" and not event.test:
            back = order.total if order.refunded is None else order.refunded
            self.money[order.currency] = self.money.get(order.currency, 0) + order.total
            if back:
                self.refunded[order.currency] = self.refunded.get(order.currency, 0) + back
        return order is not None
