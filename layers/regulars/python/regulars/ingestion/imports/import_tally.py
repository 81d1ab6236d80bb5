"""Count what an import has done so far, by line and by order, and keep the first refusals."""

from bisect import insort
from collections.abc import Iterable
from typing import Any

import msgspec

from regulars.channels.exports.refusals import REFUSAL_REASONS
from regulars.domain.events import Event
from regulars.domain.money import format_major_units

MAX_SHOWN_REFUSALS = 1000

type Refusal = tuple[int, str]  # line number and code


class ImportTally(msgspec.Struct):
    """The counts of an import; `rows` = `imported` + `known` + `refused`.

    `orders` and `known_orders` count the same by order. The other fields describe the accepted lines, new or known:
    people, test events, the money of the orders that count and what of it was refunded (minor units by currency), and
    the first and last time.
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

    def count_refusal(self, line: int, code: str) -> None:
        """Count a refused line; keep the first refusals in the order of the file."""
        self.reasons[code] = self.reasons.get(code, 0) + 1
        self.refused += 1
        self.rows += 1
        insort(self.refusals, (line, code))
        del self.refusals[MAX_SHOWN_REFUSALS:]

    def count_lines(self, lines: int, events: Iterable[Event], *, known: bool) -> None:
        """Count the lines of one order or person; `known` when all its events were in the ledger before."""
        self.rows += lines
        orders = sum(self._count_event(event) for event in events)
        if known:
            self.known += lines
            self.known_orders += orders
        else:
            self.imported += lines
            self.orders += orders

    def to_report(self) -> dict[str, Any]:
        """Return the tally as the report shows it: amounts in major units, refusals with their reasons."""
        report: dict[str, Any] = msgspec.to_builtins(self)
        for name, amounts in (("money", self.money), ("refunded", self.refunded)):
            report[name] = {
                currency: format_major_units(minor, currency) for currency, minor in amounts.items()
            }
        report["refusals"] = [
            {"line": line, "code": code, "reason": REFUSAL_REASONS[code]}
            for line, code in self.refusals
        ]
        return report

    def _count_event(self, event: Event) -> bool:
        """Count one event; return whether it has an order."""
        at, order = event.occurred_at, event.order
        self.first, self.last = min(self.first or at, at), max(self.last, at)
        self.tests += event.test
        if order and order.status != "cancelled" and not event.test:
            refunded = order.total if order.refunded is None else order.refunded
            self.money[order.currency] = self.money.get(order.currency, 0) + order.total
            if refunded:
                self.refunded[order.currency] = self.refunded.get(order.currency, 0) + refunded
        return order is not None
