"""The lines of one part of a file, put together by order; a line that is refused does not lose the others."""

from collections.abc import Iterable
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
from regulars.ingestion.tally import Refusal

_CURRENCY = COLUMNS.index("currency")


class Dialect(msgspec.Struct, frozen=True):
    """How the fields of a file are read."""

    decimal_comma: bool
    default_currency: str


class Grouped(msgspec.Struct):
    """The good lines by order, the refused ones, and how many good ones took the default currency."""

    orders: dict[str, list[OrderLine]] = {}
    refused: list[Refusal] = []
    default_currency: int = 0


def grouped(rows: Iterable[Row], dialect: Dialect, now: datetime) -> Grouped:
    """All rows of a part."""
    result = Grouped()
    latest = latest_time(now)
    for number, problem, fields in rows:
        code = problem or _place(result, number, fields, latest, dialect)
        if code:
            result.refused.append((number, code))
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
    if len(lines) == MOST_LINES:
        return "order_too_long"
    lines.append(line)
    return ""
