"""What an import has done so far: counted in lines and orders, with the first refusals by line."""

from bisect import insort
from typing import Any

import msgspec

from regulars.channels.order_lines import REASONS

SHOWN_REFUSALS = 1000

type Refusal = tuple[int, str]  # line number and code


class Tally(msgspec.Struct):
    """Lines: `rows` = `imported` + `known` + `refused`; `orders` and `known_orders` count the same by order."""

    rows: int = 0
    imported: int = 0
    known: int = 0
    refused: int = 0
    orders: int = 0
    known_orders: int = 0
    default_currency_rows: int = 0
    reasons: dict[str, int] = {}
    refusals: list[Refusal] = []

    def refuse(self, line: int, code: str) -> None:
        """Count a refused line, and keep the first of them in the order of the file."""
        self.reasons[code] = self.reasons.get(code, 0) + 1
        self.refused += 1
        self.rows += 1
        insort(self.refusals, (line, code))
        del self.refusals[SHOWN_REFUSALS:]

    def take(self, lines: int, *, known: bool) -> None:
        """Count the lines of an order, new or known already."""
        self.rows += lines
        if known:
            self.known += lines
            self.known_orders += 1
        else:
            self.imported += lines
            self.orders += 1

    def told(self) -> dict[str, Any]:
        """The tally as the report shows it."""
        told: dict[str, Any] = msgspec.to_builtins(self)
        told["refusals"] = [
            {"line": line, "code": code, "reason": REASONS[code]} for line, code in self.refusals
        ]
        return told
