"""Parse amounts and currencies from what a provider, an SDK or a file sends."""

import re
from decimal import Decimal
from functools import lru_cache

from regulars.channels.fields.numbers import (
    DECIMAL_POINT,
    InvalidNumberError,
    Notation,
    parse_decimal,
    parse_whole_number,
    strip_apostrophe,
)
from regulars.domain.errors import InvalidEventError
from regulars.domain.money import MAX_MINOR_UNITS, MINOR_UNIT_DIGITS, to_minor_units

MAX_CACHED_CHARACTERS = 32  # of an amount, so that long texts take no memory

# A currency sign or code before or behind the number, a sign, or parentheses: "$1,049.00", "-12,50 €", "(5.00)".
_SHOWN_AMOUNT = re.compile(
    r"(?P<parenthesis>\()?(?P<minus>[-\u2212])?\s?(?:[^\d\s.,()\-]{1,4}\s?)?(?P<inner_minus>[-\u2212])?"
    r"(?P<number>[\d.,]*\d)\s?(?:[^\d\s.,()\-]{1,4})?\)?"
)
_GROUP_SPACE = re.compile(r"(?<=\d)[\s'\u2019](?=\d{3}(?!\d))")  # 1 049,90 and 1'049.90


def parse_amount(
    value: object,
    currency: str,
    *,
    notation: Notation = DECIMAL_POINT,
    allow_negative: bool = False,
    blank: int | None = None,
) -> int:
    """Return an amount of major units, such as 12.50, in minor units.

    `currency` is a code that `parse_currency` returned. A spreadsheet's amount may have a currency sign, and a minus or
    parentheses if it is negative. `blank` is the amount of an empty text, which is otherwise no amount.
    Raise InvalidEventError: invalid_amount for anything else and for more than 10**12 major units, negative_price for a
    negative amount without `allow_negative`.
    """
    if not isinstance(value, str):
        amount = _to_minor_units(value, currency, notation)
    elif blank is not None and not value.strip():
        return blank
    elif len(value) <= MAX_CACHED_CHARACTERS:
        amount = _to_cached_minor_units(value, currency, notation)
    else:
        amount = _to_minor_units(value, currency, notation)
    return _check_sign(amount, allow_negative=allow_negative)


def parse_minor_units(
    value: object,
    *,
    integers_only: bool = False,
    allow_negative: bool = False,
    max_units: int = MAX_MINOR_UNITS,
) -> int:
    """Return an amount that is already in minor units: a whole number, also as a text.

    With `integers_only` texts and floats are refused.
    Raise InvalidEventError: invalid_amount for anything else and for more than `max_units`, negative_price for a
    negative amount without `allow_negative`. Raise decimal.Overflow for an exponent over 999,999.
    """
    try:
        if integers_only and not isinstance(value, int):
            raise InvalidNumberError
        amount = parse_whole_number(value, max_units)
    except InvalidNumberError:
        raise InvalidEventError(
            "The amount is not a whole number of minor units.", "invalid_amount"
        ) from None
    return _check_sign(amount, allow_negative=allow_negative)


def parse_currency(*values: object) -> str:
    """Return the ISO 4217 code of the first value that is not empty.

    Raise InvalidEventError(unknown_currency) for anything else.
    """
    value = next((value for value in values if value), "")
    code = value.strip().upper() if isinstance(value, str) else ""
    if code not in MINOR_UNIT_DIGITS:
        raise InvalidEventError(
            "The currency is not an ISO 4217 code such as EUR.", "unknown_currency"
        )
    return code


def is_deduction(price: object) -> bool:
    """Return whether a line with this price reduces the bill, as a proration or a credit does, and sells no product."""
    return isinstance(price, int | float | str) and str(price).lstrip().startswith("-")


def _to_minor_units(value: object, currency: str, notation: Notation) -> int:
    try:
        if isinstance(value, str) and notation.is_formatted:
            number = _parse_shown_amount(value, notation)
        else:
            number = parse_decimal(value, notation)
    except InvalidNumberError:
        raise InvalidEventError(
            "The amount is not a decimal number such as 12.50.", "invalid_amount"
        ) from None
    return to_minor_units(number, currency)


# The rows of a file repeat their amounts.
_to_cached_minor_units = lru_cache(maxsize=65_536)(_to_minor_units)


def _parse_shown_amount(text: str, notation: Notation) -> Decimal:
    match = _SHOWN_AMOUNT.fullmatch(_GROUP_SPACE.sub("", strip_apostrophe(text)))
    if not match:
        raise InvalidNumberError
    number = parse_decimal(match["number"], notation)
    is_negative = match["parenthesis"] or match["minus"] or match["inner_minus"]
    return number.copy_negate() if is_negative else number


def _check_sign(amount: int, *, allow_negative: bool) -> int:
    if amount < 0 and not allow_negative:
        raise InvalidEventError("The amount is negative.", "negative_price")
    return amount
