"""Parse ids, amounts, quantities and yes/no answers in the forms that people and spreadsheets write."""

import re

from regulars.channels.exports.contract import File
from regulars.channels.exports.refusals import refusal
from regulars.channels.fields.numbers import (
    SPREADSHEET_COMMA,
    SPREADSHEET_POINT,
    Notation,
    strip_apostrophe,
)
from regulars.channels.fields.redaction import clean_text

LONGEST_ID = 128

_ROUNDED = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)
_YES = frozenset("yes y true t 1 x on ja j oui si sì sí sim tak granted subscribed".split())  # noqa: SIM905
_NO = frozenset("no n false f 0 off nein nee non não nie denied unsubscribed".split())  # noqa: SIM905


def id_in(text: str) -> str:
    """An id, '' when there is none; refused when a spreadsheet rounded it or it is a person's address or phone."""
    id_ = strip_apostrophe(text)
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


def spreadsheet_notation(file: File) -> Notation:
    """Return the notation of the numbers in a file that a spreadsheet program may have written."""
    return SPREADSHEET_COMMA if file.decimal_comma else SPREADSHEET_POINT


def answer_in(text: str) -> bool | None:
    """Whether a box was ticked; None when that is not said."""
    word = text.strip().lower()
    return True if word in _YES else False if word in _NO else None
