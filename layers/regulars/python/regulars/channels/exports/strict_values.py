"""Parse the numbers and times of the generic order file strictly, and reject ambiguous values."""

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from regulars.channels.exports.refusals import refusal
from regulars.channels.fields.event_times import parsed
from regulars.domain.money import currency_code, minor_units
from regulars.domain.times import to_text

MOST_QUANTITY = 1_000_000

_GROUPED = re.compile(r"-?[1-9]\d{0,2}(\.\d{3})+,\d+")  # 1.234,50
_COMMA = re.compile(r"-?\d+,\d+")  # 12,50
_AMBIGUOUS = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}")  # a thousand, or a price with three decimals


@lru_cache(maxsize=65_536)
def plain_time(text: str) -> str:
    """An ISO 8601 date or time."""
    return to_text(parsed(text))


@lru_cache(maxsize=256)
def plain_currency(text: str) -> str:
    """An ISO 4217 code."""
    return currency_code(text)


@lru_cache(maxsize=65_536)
def plain_price(text: str, currency: str, *, decimal_comma: bool) -> int:
    """A price in minor units, not negative."""
    text = text.strip()
    if decimal_comma:
        text = _with_point(text)
    price = minor_units(text, currency)
    if price < 0:
        raise refusal("negative_price")
    return price


def _with_point(text: str) -> str:
    """A number of a file separated by `;`, where the comma is a decimal one unless that can be doubted."""
    if _AMBIGUOUS.fullmatch(text):
        raise refusal("invalid_amount")
    if _GROUPED.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    return text.replace(",", ".") if _COMMA.fullmatch(text) else text


@lru_cache(maxsize=4096)
def plain_quantity(text: str, *, decimal_comma: bool) -> int:
    """A positive whole number."""
    text = text.strip()
    if decimal_comma and _AMBIGUOUS.fullmatch(text):
        raise refusal("invalid_quantity")
    try:
        quantity = Decimal(_with_point(text) if decimal_comma else text)
        if not quantity.is_finite() or quantity != quantity.to_integral_value():
            raise InvalidOperation
    except InvalidOperation:
        raise refusal("invalid_quantity") from None
    if quantity < 0:
        raise refusal("return_line")
    if not 0 < quantity <= MOST_QUANTITY:
        raise refusal("invalid_quantity")
    return int(quantity)
