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
from regulars.channels.exports.contract import (
    MAX_ORDER_LINES,
    ExportFormat,
    File,
    RefuseLine,
    Row,
    TranslatedLines,
)
from regulars.channels.exports.fields import LONGEST_ID
from regulars.channels.exports.refusals import refusal
from regulars.channels.exports.times import parse_iso_time
from regulars.channels.fields.money import parse_amount, parse_currency
from regulars.channels.fields.numbers import DECIMAL_COMMA, DECIMAL_POINT
from regulars.channels.fields.person import Person
from regulars.channels.fields.quantities import parse_quantity_cell
from regulars.channels.fields.redaction import clean_text
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Event, Item, OrderFact, event_id
from regulars.domain.identifiers import normalized
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
    """One good line."""

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
    """The orders of these rows; a line that is refused does not lose the others."""
    orders: dict[str, list[OrderLine]] = {}
    defaulted: dict[str, int] = {}
    for number, problem, fields in rows:
        try:
            if problem:
                raise refusal(problem)
            line = order_line(number, fields, file)
            _place(orders.setdefault(line.order_id, []), line)
        except InvalidEventError as error:
            refuse(number, error.code)
            continue
        except Exception as fault:  # noqa: BLE001 (a poison line stops no other)
            yield TranslatedLines([number], [], fault=fault)
            continue
        if not fields[-1].strip():
            defaulted[line.order_id] = defaulted.get(line.order_id, 0) + 1
    for order_id, lines in orders.items():
        yield _told(lines, file, defaulted.get(order_id, 0))


def order_line(number: int, fields: Sequence[str], file: File) -> OrderLine:
    """The line of these fields, in the order of COLUMNS; InvalidEventError with a code of REASONS."""
    customer_id, email, order_id, occurred_at, product_id, name, category = fields[:7]
    quantity, unit_price, currency = fields[7:]
    if not (_worth("user_id", customer_id) or _worth("email", email)):
        raise refusal("missing_customer")
    order_id, product_id = _id(order_id, "missing_order_id"), _id(product_id, "missing_product_id")
    at = parse_iso_time(occurred_at)
    if at > file.latest:
        raise refusal("future_date")
    currency = parse_currency(currency) if currency.strip() else file.default_currency
    notation = DECIMAL_COMMA if file.decimal_comma else DECIMAL_POINT
    price = parse_amount(unit_price, currency, notation=notation)
    pieces = parse_quantity_cell(quantity, notation)
    check_line_total(price, pieces)
    item = Item(product_id, clean_text(name), clean_text(category), pieces, price)
    return OrderLine(number, customer_id.strip(), email.strip(), order_id, at, item, currency)


def differs(first: OrderLine, line: OrderLine) -> str:
    """Why a line cannot be of the same order as `first`: a code of REASONS, '' when it can."""
    for one, other in (
        (first.customer_id, line.customer_id),
        (first.email.lower(), line.email.lower()),
    ):
        if one and other and one != other:
            return "customer_differs"
    return "" if line.currency == first.currency else "currency_differs"


def order_draft(lines: Sequence[OrderLine], file: File) -> Draft:
    """The one event of all good lines of an order; of two tellings of it the one uploaded later wins."""
    first = lines[0]
    person = Person("")
    for customer_id, email in dict.fromkeys((line.customer_id, line.email) for line in lines):
        person.add("user_id", customer_id)
        person.add("email", email)
    occurred_at = min(line.occurred_at for line in lines)
    order = OrderFact(
        key=f"{STORE}/{first.order_id}",
        version=_version(file.uploaded_at, len(lines)),
        placed_at=occurred_at,
        status="paid",
        total=sum((line.item.price or 0) * line.item.quantity for line in lines),
        currency=first.currency,
    )
    event = Event(
        id=event_id("order", STORE, first.order_id, _content(lines, person)),
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


def _told(lines: Sequence[OrderLine], file: File, defaulted: int) -> TranslatedLines:
    numbers = [line.number for line in lines]
    try:
        return TranslatedLines(numbers, [order_draft(lines, file)], defaulted)
    except Exception as fault:  # noqa: BLE001 (a poison line stops no other)
        return TranslatedLines(numbers, [], fault=fault)


def _place(lines: list[OrderLine], line: OrderLine) -> None:
    """Put a line to its order."""
    if lines:
        if code := differs(lines[0], line):
            raise refusal(code)
        # The first line knows all that is known of the buyer, so that no later one can name another.
        lines[0] = lines[0]._replace(
            customer_id=lines[0].customer_id or line.customer_id,
            email=lines[0].email or line.email,
        )
    if len(lines) == MAX_ORDER_LINES:
        raise refusal("order_too_long")
    lines.append(line)


def _version(uploaded_at: str, lines: int) -> str:
    """When it was uploaded, with a digit before it that makes it older than any live snapshot of the order.

    So the corrected file wins over the one before it, and what the shop itself told over both. Of two files uploaded
    in one moment the fuller telling wins.
    """
    return f"0{uploaded_at[:-1]}{lines:03d}Z"


def _content(lines: Sequence[OrderLine], person: Person) -> str:
    """A hash of what was sold; names may be changed in a later export of the same order without telling it anew."""
    sold = sorted(
        (line.item.product_id, line.item.quantity, line.item.price, line.occurred_at)
        for line in lines
    )
    # Which identifiers there are, not what they are: an export that adds e-mails tells something new.
    known = [identifier.namespace for identifier in person.identifiers]
    said = msgspec.json.encode((lines[0].currency, known, sold))
    return hashlib.sha256(said).hexdigest()


@lru_cache(maxsize=65_536)
def _worth(namespace: str, value: str) -> bool:
    return normalized(namespace, value) is not None


@lru_cache(maxsize=65_536)
def _id(text: str, missing: str) -> str:
    text = text.strip()
    if not 0 < len(text) <= LONGEST_ID:
        raise refusal(missing)
    if not clean_text(text):
        raise refusal("personal_id")
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
