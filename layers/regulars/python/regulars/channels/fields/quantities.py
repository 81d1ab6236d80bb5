"""Parse quantities: positive whole numbers of pieces."""

from functools import lru_cache

from regulars.channels.fields.numbers import (
    InvalidNumberError,
    Notation,
    parse_decimal,
    parse_whole_number,
    to_double,
)
from regulars.domain.errors import InvalidEventError

MAX_QUANTITY = 1_000_000


def parse_quantity(
    value: object,
    *,
    missing: int | None = None,
    integers_only: bool = False,
    as_double: bool = False,
) -> int:
    """Return the quantity of a JSON field: a whole number, also as a text or with zero decimals.

    `missing` is the quantity of an absent field. With `integers_only` texts and floats are refused. With `as_double`
    the number is read as JavaScript holds it, so that true is 1.
    Raise InvalidEventError(invalid_quantity) for anything else, zero, a negative number and more than a million. Raise
    decimal.Overflow for an exponent over 999,999.
    """
    if value is None and missing is not None:
        return missing
    try:
        if integers_only and not isinstance(value, int):
            raise InvalidNumberError
        quantity = parse_whole_number(to_double(value) if as_double else value, MAX_QUANTITY)
    except InvalidNumberError:
        raise _build_quantity_error() from None
    if quantity <= 0:
        raise _build_quantity_error()
    return quantity


@lru_cache(maxsize=4096)
def parse_quantity_cell(
    text: str, notation: Notation, *, blank: int | None = None, fraction: int | None = None
) -> int:
    """Return the quantity of a cell of a file.

    `blank` is the quantity of an empty cell, `fraction` that of a number with decimals, as of a product that is sold by
    weight; both are otherwise refused.
    Raise InvalidEventError: return_line for a negative whole number, invalid_quantity for anything else, zero and more
    than a million.
    """
    if blank is not None and not text.strip():
        return blank
    try:
        number = parse_decimal(text, notation)
    except InvalidNumberError:
        raise _build_quantity_error() from None
    is_whole = number.is_finite() and number == number.to_integral_value()
    if is_whole and number < 0:
        raise InvalidEventError("The quantity is negative.", "return_line")
    if not number.is_finite() or not 0 < number <= MAX_QUANTITY:
        raise _build_quantity_error()
    if is_whole:
        return int(number)
    if fraction is None:
        raise _build_quantity_error()
    return fraction


def _build_quantity_error() -> InvalidEventError:
    return InvalidEventError("The quantity is not a positive whole number.", "invalid_quantity")
