"""Lines of a CSV of past orders: each line checked by itself, the lines of one order become one event."""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

import msgspec

from regulars.channels.contract import Draft
from regulars.channels.moments import parsed
from regulars.channels.person import Person
from regulars.channels.scrub import clean_text
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Event, Item, OrderFact, event_id
from regulars.domain.identity import normalized
from regulars.domain.money import check_line, currency_code, minor_units
from regulars.domain.times import FUTURE_TOLERANCE, to_text

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
REQUIRED = ("order_id", "occurred_at", "product_id", "quantity", "unit_price")
WHO = ("customer_id", "email")
STORE = "shop"
MOST_LINES = 999  # of one order; the version counts them in three digits
MOST_QUANTITY = 1_000_000
LONGEST_ID = 128

# What is told of a refused line, by code.
REASONS = {
    "wrong_field_count": "The line has more fields than the header.",
    "unreadable_line": "The line is not CSV; a quote may be open.",
    "missing_customer": "The line names no customer_id and no e-mail address.",
    "missing_order_id": "The line has no order_id, or one over 128 characters.",
    "missing_product_id": "The line has no product_id, or one over 128 characters.",
    "invalid_timestamp": "occurred_at is no ISO 8601 date or time such as 2026-11-22.",
    "future_date": "occurred_at lies in the future.",
    "invalid_quantity": "The quantity is no positive whole number, or may be read in two ways.",
    "return_line": "The quantity is negative: returns are not imported.",
    "invalid_amount": "The unit_price is no decimal number such as 12.50, or may be read in two ways.",
    "negative_price": "The unit_price is negative.",
    "unknown_currency": "The currency is no ISO 4217 code such as EUR.",
    "customer_differs": "Another line of the order names another customer.",
    "currency_differs": "Another line of the order names another currency.",
    "order_too_long": "The order has more than 999 lines.",
    "amount_too_large": "The unit_price times the quantity is absurd.",
    "personal_id": "The order_id or product_id holds an e-mail address or a phone number.",
}
_GROUPED = re.compile(r"-?[1-9]\d{0,2}(\.\d{3})+,\d+")  # 1.234,50
_COMMA = re.compile(r"-?\d+,\d+")  # 12,50
_AMBIGUOUS = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}")  # a thousand, or a price with three decimals


class OrderLine(NamedTuple):
    """One good line."""

    number: int
    customer_id: str
    email: str
    order_id: str
    occurred_at: str
    item: Item
    currency: str


def order_line(
    number: int, fields: Sequence[str], latest: str, default_currency: str, *, decimal_comma: bool
) -> OrderLine:
    """The line of these fields, in the order of COLUMNS; InvalidEventError with a code of REASONS.

    `latest` is the last time that is not in the future.
    """
    customer_id, email, order_id, occurred_at, product_id, name, category = fields[:7]
    quantity, unit_price, currency = fields[7:]
    if not (_worth("user_id", customer_id) or _worth("email", email)):
        raise _refusal("missing_customer")
    order_id, product_id = _id(order_id, "missing_order_id"), _id(product_id, "missing_product_id")
    at = _time(occurred_at)
    if at > latest:
        raise _refusal("future_date")
    currency = _currency(currency) if currency.strip() else default_currency
    price = _price(unit_price, currency, decimal_comma=decimal_comma)
    pieces = _quantity(quantity, decimal_comma=decimal_comma)
    check_line(price, pieces)
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


def order_draft(
    lines: Sequence[OrderLine], source: str, uploaded_at: str, received_at: datetime
) -> Draft:
    """The one event of all good lines of an order; of two tellings of it the one uploaded later wins."""
    first = lines[0]
    person = Person("")
    for customer_id, email in dict.fromkeys((line.customer_id, line.email) for line in lines):
        person.add("user_id", customer_id)
        person.add("email", email)
    occurred_at = min(line.occurred_at for line in lines)
    order = OrderFact(
        key=f"{STORE}/{first.order_id}",
        version=_version(uploaded_at, len(lines)),
        placed_at=occurred_at,
        status="paid",
        total=sum((line.item.price or 0) * line.item.quantity for line in lines),
        currency=first.currency,
    )
    event = Event(
        id=event_id("order", STORE, first.order_id, _content(lines, person)),
        type="Order Completed",
        channel="import",
        source=f"import/{source}",
        occurred_at=occurred_at,
        received_at=to_text(received_at),
        items=tuple(line.item for line in lines),
        currency=first.currency,
        order=order,
        backfill=True,
    )
    return Draft(event, person.identifiers, person.contact)


def latest_time(now: datetime) -> str:
    """The last time that is not in the future."""
    return to_text(now + FUTURE_TOLERANCE)


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


def _refusal(code: str) -> InvalidEventError:
    return InvalidEventError(REASONS[code], code)


@lru_cache(maxsize=65_536)
def _worth(namespace: str, value: str) -> bool:
    return normalized(namespace, value) is not None


@lru_cache(maxsize=65_536)
def _id(text: str, missing: str) -> str:
    text = text.strip()
    if not 0 < len(text) <= LONGEST_ID:
        raise _refusal(missing)
    if not clean_text(text):
        raise _refusal("personal_id")
    return text


@lru_cache(maxsize=65_536)
def _time(text: str) -> str:
    return to_text(parsed(text))


@lru_cache(maxsize=256)
def _currency(text: str) -> str:
    return currency_code(text)


@lru_cache(maxsize=65_536)
def _price(text: str, currency: str, *, decimal_comma: bool) -> int:
    text = text.strip()
    if decimal_comma:
        text = _with_point(text)
    price = minor_units(text, currency)
    if price < 0:
        raise _refusal("negative_price")
    return price


def _with_point(text: str) -> str:
    """A number of a file separated by `;`, where the comma is a decimal one unless that can be doubted."""
    if _AMBIGUOUS.fullmatch(text):
        raise _refusal("invalid_amount")
    if _GROUPED.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    return text.replace(",", ".") if _COMMA.fullmatch(text) else text


@lru_cache(maxsize=4096)
def _quantity(text: str, *, decimal_comma: bool) -> int:
    text = text.strip()
    if decimal_comma and _AMBIGUOUS.fullmatch(text):
        raise _refusal("invalid_quantity")
    try:
        quantity = Decimal(_with_point(text) if decimal_comma else text)
        if not quantity.is_finite() or quantity != quantity.to_integral_value():
            raise InvalidOperation
    except InvalidOperation:
        raise _refusal("invalid_quantity") from None
    if quantity < 0:
        raise _refusal("return_line")
    if not 0 < quantity <= MOST_QUANTITY:
        raise _refusal("invalid_quantity")
    return int(quantity)
