"""The sample shop of the demo: the shipped order lines, moved by whole weeks so that they end a few days ago."""

import csv
import gzip
import io
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from infra.local.places import SAMPLE_FILE

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
MAX_BESTSELLERS = 12

type OrderLine = dict[str, Any]


@dataclass(frozen=True)
class SampleShop:
    """Order lines in the columns of the importer; moving by whole weeks keeps the days of the week."""

    lines: list[OrderLine]
    weeks: int

    @cached_property
    def csv_file(self) -> bytes:
        """The lines as a shop would export them."""
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
    def regular(self) -> OrderLine:
        """A line of the customer with the most orders."""
        orders = {(line["email"], line["order_id"]) for line in self.lines}
        (email, _), *_ = Counter(email for email, _ in sorted(orders)).most_common(1)
        return next(line for line in self.lines if line["email"] == email)

    @cached_property
    def bestsellers(self) -> list[OrderLine]:
        """One line of each of the products in the most orders, most first."""
        counts = Counter(line["product_id"] for line in self.lines)
        ranked = counts.most_common(MAX_BESTSELLERS)
        return [next(line for line in self.lines if line["product_id"] == id_) for id_, _ in ranked]


def open_shop(now: datetime) -> SampleShop:
    """Return the sample shop as it would be at `now`."""
    with gzip.open(SAMPLE_FILE, "rt", newline="") as text:
        lines: list[OrderLine] = list(csv.DictReader(text))
    newest = max(_order_time(line) for line in lines)
    weeks = (now - newest) // timedelta(weeks=1)
    for line in lines:
        line["occurred_at"] = (_order_time(line) + timedelta(weeks=weeks)).strftime(TIME_FORMAT)
    return SampleShop(lines, weeks)


def _order_time(line: OrderLine) -> datetime:
    return datetime.strptime(line["occurred_at"], TIME_FORMAT).replace(tzinfo=UTC)
