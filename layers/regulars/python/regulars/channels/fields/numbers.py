"""Parse decimal numbers in the notations of provider APIs, of spreadsheet programs and of people."""

import re
from decimal import Decimal, InvalidOperation
from typing import NamedTuple


class Notation(NamedTuple):
    """How a source writes numbers.

    With `decimal_comma` the comma separates the decimals, as in files that are separated by semicolons. A number with
    one separator and three digits behind it is then refused: it may be a thousand or have three decimals. `is_formatted`
    numbers come from spreadsheet programs: separators may group their thousands, and nothing else may stand in them.
    Without `is_formatted` a number is written as programs write it, also with an exponent.
    """

    decimal_comma: bool = False
    is_formatted: bool = False


DECIMAL_POINT = Notation()
DECIMAL_COMMA = Notation(decimal_comma=True)
SPREADSHEET_POINT = Notation(is_formatted=True)
SPREADSHEET_COMMA = Notation(decimal_comma=True, is_formatted=True)

_AMBIGUOUS_NUMBER = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}")  # a thousand, or three decimals
_SIGNED_COMMA = re.compile(r"-?\d+,\d+")  # -49,90
_SIGNED_POINT_GROUPS = re.compile(r"-?[1-9]\d{0,2}(\.\d{3})+,\d+")  # -1.049,00
_PLAIN_NUMBER = re.compile(r"\d*(\.\d+)?")
_COMMA = re.compile(r"\d+,\d+")  # 49,90
_COMMA_CENTS = re.compile(r"\d+,\d\d?")  # the same in any file, because a thousand has three digits
# A number with groups of thousands does not begin with 0.
_COMMA_GROUPS = re.compile(r"[1-9]\d{0,2}(,\d{3})+(\.\d+)?")  # 1,049.00
_POINT_GROUPS = re.compile(r"[1-9]\d{0,2}(\.\d{3})+,\d+")  # 1.049,00


class InvalidNumberError(ValueError):
    """A value that is not a number in the notation of its source; each reader turns it into an error with a code."""


def parse_decimal(value: object, notation: Notation = DECIMAL_POINT) -> Decimal:
    """Return a JSON number or a text as a decimal, a float by its shortest representation.

    Raise InvalidNumberError for anything else, such as a boolean. Infinity and not-a-number are decimals here.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise InvalidNumberError
    if isinstance(value, str) and notation != DECIMAL_POINT:
        return _parse_text(value.strip(), notation)
    return _to_decimal(str(value).strip())


def parse_whole_number(value: object, max_value: int) -> int:
    """Return a whole number between -`max_value` and `max_value`, also written as a text or with zero decimals.

    Raise InvalidNumberError for anything else, and decimal.Overflow for an exponent over 999,999.
    """
    number = parse_decimal(value)
    if not number.is_finite() or abs(number) > max_value or number % 1:
        raise InvalidNumberError
    return int(number)


def to_double(value: object) -> float:
    """Return a JSON number or a text as JavaScript holds it: 53 bits, and a boolean counts as 0 or 1.

    Raise InvalidNumberError for anything else.
    """
    try:
        return float(value if isinstance(value, int | float | str) else "")
    except (ValueError, OverflowError):
        raise InvalidNumberError from None


def strip_apostrophe(text: str) -> str:
    """Return a cell without the apostrophe that keeps a spreadsheet program from reading it as a number or a formula."""
    return text.strip().removeprefix("'").strip()


def _parse_text(text: str, notation: Notation) -> Decimal:
    if notation.decimal_comma and _AMBIGUOUS_NUMBER.fullmatch(text):
        raise InvalidNumberError
    replace = _replace_separators if notation.is_formatted else _replace_decimal_comma
    return _to_decimal(replace(text, notation))


def _replace_decimal_comma(text: str, _notation: Notation) -> str:
    if _SIGNED_POINT_GROUPS.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    return text.replace(",", ".") if _SIGNED_COMMA.fullmatch(text) else text


def _replace_separators(text: str, notation: Notation) -> str:
    if _PLAIN_NUMBER.fullmatch(text):
        return text
    if _COMMA_GROUPS.fullmatch(text):
        return text.replace(",", "")
    comma = _COMMA if notation.decimal_comma else _COMMA_CENTS
    if _POINT_GROUPS.fullmatch(text) or comma.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    raise InvalidNumberError


def _to_decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InvalidNumberError from None
