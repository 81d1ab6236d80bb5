"""Import order lines from any system, such as a till, an old shop or a spreadsheet.

**Create the file**

Write one row for each order line, with these headings:

* Required: `customer_id` or `email`, and `order_id`, `occurred_at`, `product_id`, `quantity`, `unit_price`
* Optional: `product_name`, `category`, `currency`

`customer_id` is your own user ID, as in the events of your site. `occurred_at` is an ISO 8601 date or time. In a file
that is separated by semicolons, the decimal comma is supported.

**Stored**

* Orders with their products, quantities and prices.
* `customer_id` as an identifier; the e-mail address as contact data.

**Notes**

* Orders: all lines of one order become one event, wherever they are in the file.
* Errors: each line is validated by itself. A rejected line does not affect the other lines.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

from regulars.channels.contract import Draft
from regulars.channels.exports.cells import MAX_ID_CHARACTERS
from regulars.channels.exports.contract import (
    MAX_ORDER_LINES,
    ExportFormat,
    File,
    RefuseLine,
    Row,
    TranslatedLines,
)
from regulars.channels.exports.refusals import RefusedLineError
from regulars.channels.exports.times import parse_iso_time
from regulars.channels.fields.money import parse_amount, parse_currency
from regulars.channels.fields.numbers import DECIMAL_COMMA, DECIMAL_POINT
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.quantities import parse_quantity_cell
from regulars.channels.fields.redaction import clean_text
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Event, Item, OrderFact, event_id
from regulars.domain.identifiers import normalize_identifier
from regulars.domain.money import check_line_total
from regulars.domain.times import to_text

COLUMNS = (
    "customer_id",
    "email",
    "order_id",
    "occurred_at",
    "product_id",
    "product_name",
    "category",
    "quantity",
    "unit_price",
    "currency",
)
STORE = "shop"


class OrderLine(NamedTuple):
    """One line that was read."""

    number: int
    customer_id: str
    email: str
    order_id: str
    occurred_at: str
    item: Item
    currency: str


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


def parse_order_line(number: int, fields: Sequence[str], file: File) -> OrderLine:
    """Return the line of these fields, which are in the order of COLUMNS.

    Raise InvalidEventError with a code of REFUSAL_REASONS.
    """
    customer_id, email, order_id, occurred_at, product_id, name, category = fields[:7]
    quantity, unit_price, currency = fields[7:]
    customer_id, email = _normalize_value("user_id", customer_id), _normalize_value("email", email)
    if not (customer_id or email):
        raise RefusedLineError("missing_customer")
    order_id = _parse_line_id(order_id, "missing_order_id")
    product_id = _parse_line_id(product_id, "missing_product_id")
    at = parse_iso_time(occurred_at)
    if at > file.latest:
        raise RefusedLineError("future_date")
    currency = parse_currency(currency) if currency.strip() else file.default_currency
    notation = DECIMAL_COMMA if file.decimal_comma else DECIMAL_POINT
    price = parse_amount(unit_price, currency, notation=notation)
    pieces = parse_quantity_cell(quantity, notation)
    check_line_total(price, pieces)
    return OrderLine(
        number=number,
        customer_id=customer_id,
        email=email,
        order_id=order_id,
        occurred_at=at,
        item=Item(
            product_id=product_id,
            name=clean_text(name),
            category=clean_text(category),
            quantity=pieces,
            price=price,
        ),
        currency=currency,
    )


def find_difference(first: OrderLine, line: OrderLine) -> str:
    """Return the code of the reason why a line cannot belong to the order of `first`; '' if it can."""
    for first_value, value in (
        (first.customer_id, line.customer_id),
        (first.email, line.email),
    ):
        if first_value and value and first_value != value:
            return "customer_differs"
    return "" if line.currency == first.currency else "currency_differs"


def build_order_draft(lines: Sequence[OrderLine], file: File) -> Draft:
    """Return the one draft of all lines of an order; of two files with the order the one uploaded later wins."""
    first = lines[0]
    person = PersonBuilder("")
    for customer_id, email in dict.fromkeys((line.customer_id, line.email) for line in lines):
        person.add_identifier("user_id", customer_id)
        person.add_identifier("email", email)
    occurred_at = min(line.occurred_at for line in lines)
    order = OrderFact(
        key=f"{STORE}/{first.order_id}",
        version=_build_version(file.uploaded_at, len(lines)),
        placed_at=occurred_at,
        status="paid",
        total=sum((line.item.price or 0) * line.item.quantity for line in lines),
        currency=first.currency,
    )
    event = Event(
        id=event_id("order", STORE, first.order_id, _hash_content(lines, person)),
        type="Order Completed",
        channel="import",
        source=file.source,
        occurred_at=occurred_at,
        received_at=to_text(file.received_at),
        items=tuple(line.item for line in lines),
        currency=first.currency,
        order=order,
        backfill=True,
    )
    return Draft(event, person.identifiers, person.contact)


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


def _build_version(uploaded_at: str, lines: int) -> str:
    """Return the time of the upload, with a digit before it that makes it older than any live snapshot of the order.

    A corrected file then wins over the file before it, and what the shop itself reported wins over both. Of two files of
    the same time the one with more lines wins.
    """
    return f"0{uploaded_at[:-1]}{lines:03d}Z"


def _hash_content(lines: Sequence[OrderLine], person: PersonBuilder) -> str:
    """Return a hash of the products; a later export of the order with other names is then the same event."""
    products = sorted(
        (line.item.product_id, line.item.quantity, line.item.price, line.occurred_at)
        for line in lines
    )
    # Only the namespaces of the identifiers: an export that adds e-mail addresses is another event.
    namespaces = [identifier.namespace for identifier in person.identifiers]
    content = msgspec.json.encode((lines[0].currency, namespaces, products))
    return hashlib.sha256(content).hexdigest()


@lru_cache(maxsize=65_536)
def _normalize_value(namespace: str, value: str) -> str:
    identifier = normalize_identifier(namespace, value)
    return identifier.value if identifier else ""


@lru_cache(maxsize=65_536)
def _parse_line_id(text: str, missing_code: str) -> str:
    text = text.strip()
    if not 0 < len(text) <= MAX_ID_CHARACTERS:
        raise RefusedLineError(missing_code)
    if not clean_text(text):
        raise RefusedLineError("personal_id")
    return text


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
