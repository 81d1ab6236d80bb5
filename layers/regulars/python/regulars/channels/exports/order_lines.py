"""Import order lines from any system, such as a till, an old shop or a spreadsheet.

**Create the file**

Write one row for each order line, with these headings:

* Required: `customer_id` or `email`, and `order_id`, `occurred_at`, `product_id`, `quantity`, `unit_price`
* Optional: `product_name`, `category`, `currency`

`customer_id` is your own user ID, as in the events of your site. If another system, such as a till, numbers customers and
orders by itself, import its files with `--account` and a name of your choice, such as `--account till`, every time.
`occurred_at` is an ISO 8601 date or time. In a file that is separated by semicolons, the decimal comma is supported.

**Stored**

* Orders with their products, quantities and prices.
* `customer_id` as an identifier: your own user ID, or the number of a customer in the account.
* The e-mail address as contact data.

**Notes**

* Orders: all lines of one order become one event, wherever they are in the file.
* Errors: each line is validated by itself. A rejected line does not affect the other lines.
"""

from collections.abc import Iterable, Iterator, Sequence

from regulars.channels.exports.contract import (
    MAX_ORDER_LINES,
    ExportFormat,
    File,
    RefuseLine,
    Row,
    TranslatedLines,
)
from regulars.channels.exports.line_orders import build_order_draft
from regulars.channels.exports.parsed_lines import (
    COLUMNS,
    OrderLine,
    find_difference,
    parse_order_line,
)
from regulars.channels.exports.refusals import RefusedLineError
from regulars.domain.errors import InvalidEventError


def translate_rows(
    rows: Iterable[Row], file: File, refuse: RefuseLine
) -> Iterator[TranslatedLines]:
    """Yield the orders of these rows; a refused line does not affect the other lines of its order."""
    orders: dict[str, list[OrderLine]] = {}
    defaulted_lines: dict[str, int] = {}
    for number, problem, fields in rows:
        try:
            if problem:
                raise RefusedLineError(problem)
            line = parse_order_line(number, fields, file)
            _add_line(orders.setdefault(line.order_id, []), line)
        except InvalidEventError as error:
            refuse(number, error.code)
            continue
        except Exception as fault:  # noqa: BLE001 (a poison line stops no other)
            yield TranslatedLines([number], [], fault=fault)
            continue
        if not fields[-1].strip():
            defaulted_lines[line.order_id] = defaulted_lines.get(line.order_id, 0) + 1
    for order_id, lines in orders.items():
        yield _translate_order(lines, file, defaulted_lines.get(order_id, 0))


def _translate_order(lines: Sequence[OrderLine], file: File, defaulted: int) -> TranslatedLines:
    numbers = [line.number for line in lines]
    try:
        return TranslatedLines(numbers, [build_order_draft(lines, file)], defaulted)
    except Exception as fault:  # noqa: BLE001 (a poison line stops no other)
        return TranslatedLines(numbers, [], fault=fault)


def _add_line(lines: list[OrderLine], line: OrderLine) -> None:
    """Add a line to the lines of its order; raise RefusedLineError if it differs from them, or for too many lines."""
    if lines:
        if code := find_difference(lines[0], line):
            raise RefusedLineError(code)
        # The first line collects the identifiers of the buyer, so that no later line can name another person.
        lines[0] = lines[0]._replace(
            customer_id=lines[0].customer_id or line.customer_id, email=lines[0].email or line.email
        )
    if len(lines) == MAX_ORDER_LINES:
        raise RefusedLineError("order_too_long")
    lines.append(line)


EXPORT_FORMAT = ExportFormat(
    title="Order lines",
    page=__doc__,
    columns={name: name for name in COLUMNS},
    required_columns=(
        "customer_id|email",
        "order_id",
        "occurred_at",
        "product_id",
        "quantity",
        "unit_price",
    ),
    key_columns=("order_id",),
    translate=translate_rows,
)
