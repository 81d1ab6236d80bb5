"""Parse one order line of a file, and compare it with the other lines of its order."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from regulars.channels.exports.cells import MAX_ID_CHARACTERS
from regulars.channels.exports.contract import File
from regulars.channels.exports.refusals import RefusedLineError
from regulars.channels.exports.times import parse_iso_time
from regulars.channels.fields.money import parse_amount, parse_currency
from regulars.channels.fields.numbers import DECIMAL_COMMA, DECIMAL_POINT
from regulars.channels.fields.quantities import parse_quantity_cell
from regulars.channels.fields.redaction import clean_text
from regulars.domain.events import Item
from regulars.domain.identifiers import normalize_identifier
from regulars.domain.money import check_line_total

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


class OrderLine(NamedTuple):
    """One line that was read."""

    number: int
    customer_id: str
    email: str
    order_id: str
    occurred_at: str
    item: Item
    currency: str


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
