"""The lines of one part of a file, put together by order; a line that is refused does not lose the others."""

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from regulars.channels.order_lines import (
    COLUMNS,
    MOST_LINES,
    OrderLine,
    differs,
    latest_time,
    order_line,
)
from regulars.domain.errors import InvalidEventError
from regulars.ingestion.partitions import Row

_CURRENCY = COLUMNS.index("currency")


class Dialect(msgspec.Struct, frozen=True):
    """How the fields of a file are read."""

    decimal_comma: bool
    default_currency: str


class Grouped(msgspec.Struct):
    """The good lines by order, and how many of them took the default currency."""

    orders: dict[str, list[OrderLine]] = {}
    default_currency: int = 0


def grouped(
    rows: Iterable[Row], dialect: Dialect, now: datetime, refuse: Callable[[int, str], None]
) -> Grouped:
    """All rows of a part; `refuse` is told the line number and the code of each that is no good."""
    result = Grouped()
    latest = latest_time(now)
    for number, problem, fields in rows:
        code = problem or _place(result, number, fields, latest, dialect)
        if code:
            refuse(number, code)
        elif not fields[_CURRENCY].strip():
            result.default_currency += 1
    return result


def _place(result: Grouped, number: int, fields: list[str], latest: str, dialect: Dialect) -> str:
    """Put a line to its order; the code of its refusal, '' when there is none."""
    try:
        line = order_line(
            number,
            fields,
            latest,
            dialect.default_currency,
            decimal_comma=dialect.decimal_comma,
        )
    except InvalidEventError as error:
        return error.code
    lines = result.orders.setdefault(line.order_id, [])
    if lines and (code := differs(lines[0], line)):
        return code
    if lines:
        # The first line knows all that is known of the buyer, so that no later one can name another.
        lines[0] = lines[0]._replace(
            customer_id=lines[0].customer_id or line.customer_id,
            email=lines[0].email or line.email,
        )
    if len(lines) == MOST_LINES:
        return "order_too_long"
    lines.append(line)
    return ""
