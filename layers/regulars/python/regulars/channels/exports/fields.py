"""Parse ids, amounts, quantities and yes/no answers in the forms that people and spreadsheets write."""

import re
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

from regulars.channels.exports.contract import File
from regulars.channels.exports.refusals import refusal
from regulars.channels.fields.redaction import clean_text
from regulars.domain.errors import InvalidEventError
from regulars.domain.money import minor_units

LONGEST_ID = 128
MOST_QUANTITY = 1_000_000

_ROUNDED = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)
_AMOUNT = re.compile(
    r"(?P<open>\()?(?P<minus>[-\u2212])?\s?(?:[^\d\s.,()\-]{1,4}\s?)?(?P<minus2>[-\u2212])?"
    r"(?P<number>[\d.,]*\d)\s?(?:[^\d\s.,()\-]{1,4})?\)?"
)
_PLAIN = re.compile(r"\d*(\.\d+)?")
_COMMAS = re.compile(r"[1-9]\d{0,2}(,\d{3})+(\.\d+)?")  # 1,049.00; thousands begin with no 0
_POINTS = re.compile(r"[1-9]\d{0,2}(\.\d{3})+,\d+")  # 1.049,00
_COMMA = re.compile(r"\d+,\d+")  # 49,90
_CENTS = re.compile(r"\d+,\d\d?")  # the same, in any file: a thousand has three digits
_APART = re.compile(r"(?<=\d)[\s'\u2019](?=\d{3}(?!\d))")  # 1 049,90 and 1'049.90
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")  # a thousand, or three decimals
_YES = frozenset("yes y true t 1 x on ja j oui si sì sí sim tak granted subscribed".split())  # noqa: SIM905
_NO = frozenset("no n false f 0 off nein nee non não nie denied unsubscribed".split())  # noqa: SIM905


def bare(text: str) -> str:
    """The text without the apostrophe that keeps a spreadsheet program from reading it as a number or formula."""
    return text.strip().removeprefix("'").strip()


def id_in(text: str) -> str:
    """An id, '' when there is none; refused when a spreadsheet rounded it or it is a person's address or phone."""
    id_ = bare(text)
    if len(id_) > LONGEST_ID:
        raise refusal("missing_order_id")
    if _ROUNDED.fullmatch(id_):
        raise refusal("mangled_id")
    if id_ and not clean_text(id_):
        raise refusal("personal_id")
    return id_


def order_id_in(text: str) -> str:
    """An id that must be there."""
    id_ = id_in(text)
    if not id_:
        raise refusal("missing_order_id")
    return id_


@lru_cache(maxsize=65_536)
def signed_amount(text: str, currency: str, *, decimal_comma: bool) -> int:
    """An amount with or without a currency sign in minor units, also in parentheses; 0 for a blank."""
    if not text.strip():
        return 0
    match = _AMOUNT.fullmatch(_APART.sub("", bare(text)))
    if not match:
        raise refusal("invalid_amount")
    units = minor_units(_decimal(match["number"], comma=decimal_comma), currency)
    return -units if match["open"] or match["minus"] or match["minus2"] else units


def amount_in(text: str, currency: str, file: File) -> int:
    """An amount that must not be negative."""
    units = signed_amount(text, currency, decimal_comma=file.decimal_comma)
    if units < 0:
        raise refusal("negative_price")
    return units


def required_amount(text: str, currency: str, file: File) -> int:
    """An amount that must be there and not be negative."""
    if not text.strip():
        raise refusal("invalid_amount")
    return amount_in(text, currency, file)


def takes_off(text: str, currency: str, file: File) -> bool:
    """Whether a line with this amount takes off the bill, as a discount does: no product was sold by it."""
    return signed_amount(text, currency, decimal_comma=file.decimal_comma) < 0


def quantity_in(text: str, file: File) -> int:
    """How many; 1 of what is sold by weight or length."""
    try:
        number = Decimal(_decimal(text.strip() or "1", comma=file.decimal_comma))
    except InvalidEventError:
        number = Decimal(0)
    if not 0 < number <= MOST_QUANTITY:
        raise refusal("invalid_quantity")
    return int(number) if number == number.to_integral_value() else 1


def each(total: int, quantity: int) -> int:
    """The price of one of so many."""
    return int((Decimal(total) / quantity).to_integral_value(rounding=ROUND_HALF_EVEN))


def answer_in(text: str) -> bool | None:
    """Whether a box was ticked; None when that is not said."""
    word = text.strip().lower()
    return True if word in _YES else False if word in _NO else None


def _decimal(number: str, *, comma: bool) -> str:
    if comma and _AMBIGUOUS.fullmatch(number):
        raise refusal("invalid_amount")
    if _PLAIN.fullmatch(number):
        return number
    if _COMMAS.fullmatch(number):
        return number.replace(",", "")
    if _POINTS.fullmatch(number) or (_COMMA if comma else _CENTS).fullmatch(number):
        return number.replace(".", "").replace(",", ".")
    raise refusal("invalid_amount")
