"""The sample shop as the demo needs it: the shipped order lines, moved by whole weeks to end a few days ago."""

import csv
import gzip
import io
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from infra.local.places import SAMPLE

TIME = "%Y-%m-%dT%H:%M:%SZ"

type Line = dict[str, Any]


@dataclass(frozen=True)
class Shop:
    """Order lines in the importer's columns; whole weeks keep Saturdays Saturdays."""

    lines: list[Line]
    weeks: int

    @cached_property
    def file(self) -> bytes:
        """The lines as a founder would export them."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(self.lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.lines)
        return text.getvalue().encode()

    @property
    def last_order(self) -> str:
        """The day of the newest order."""
        return max(str(line["occurred_at"]) for line in self.lines)[:10]

    @cached_property
    def regular(self) -> Line:
        """A line of the customer with the most orders: somebody to look at by name."""
        orders = {(line["email"], line["order_id"]) for line in self.lines}
        (email, _), *_ = Counter(email for email, _ in sorted(orders)).most_common(1)
        return next(line for line in self.lines if line["email"] == email)

    @cached_property
    def bestsellers(self) -> list[Line]:
        """One line of each of the products in the most orders, most first."""
        ranked = Counter(line["product_id"] for line in self.lines).most_common(12)
        return [next(one for one in self.lines if one["product_id"] == id_) for id_, _ in ranked]


def opened(now: datetime) -> Shop:
    """The sample shop as it would stand at `now`."""
    with gzip.open(SAMPLE, "rt", newline="") as text:
        lines: list[Line] = list(csv.DictReader(text))
    newest = max(_moment(line) for line in lines)
    weeks = (now - newest) // timedelta(weeks=1)
    for line in lines:
        line["occurred_at"] = (_moment(line) + timedelta(weeks=weeks)).strftime(TIME)
    return Shop(lines, weeks)


def _moment(line: Line) -> datetime:
    return datetime.strptime(line["occurred_at"], TIME).replace(tzinfo=UTC)
