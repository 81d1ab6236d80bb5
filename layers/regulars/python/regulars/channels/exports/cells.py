"""Parse ids and yes/no answers in the forms that people and spreadsheets write, and find the notation of numbers."""

import re

from regulars.channels.exports.contract import File
from regulars.channels.exports.refusals import RefusedLineError
from regulars.channels.fields.numbers import (
    SPREADSHEET_COMMA,
    SPREADSHEET_POINT,
    Notation,
    strip_apostrophe,
)
from regulars.channels.fields.redaction import clean_text

MAX_ID_CHARACTERS = 128

_ROUNDED_NUMBER = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)
_YES_WORDS = frozenset("yes y true t 1 x on ja j oui si sì sí sim tak granted subscribed".split())  # noqa: SIM905
_NO_WORDS = frozenset("no n false f 0 off nein nee non não nie denied unsubscribed".split())  # noqa: SIM905


def parse_export_id(text: str) -> str:
    """Return an id, '' for a blank.

    Raise RefusedLineError: missing_order_id for more than 128 characters, mangled_id for a number that a spreadsheet
    program rounded, personal_id for an e-mail address or a phone number.
    """
    id_ = strip_apostrophe(text)
    if len(id_) > MAX_ID_CHARACTERS:
        raise RefusedLineError("missing_order_id")
    if is_rounded_number(id_):
        raise RefusedLineError("mangled_id")
    if id_ and not clean_text(id_):
        raise RefusedLineError("personal_id")
    return id_


def require_export_id(text: str) -> str:
    """Return an id as `parse_export_id` does; raise RefusedLineError(missing_order_id) for a blank."""
    id_ = parse_export_id(text)
    if not id_:
        raise RefusedLineError("missing_order_id")
    return id_


def is_rounded_number(text: str) -> bool:
    """Return whether a spreadsheet program has shortened a number such as 5550000000001 to 5.55E+12."""
    return bool(_ROUNDED_NUMBER.fullmatch(text))


def choose_notation(file: File) -> Notation:
    """Return the notation of the numbers in a file that a spreadsheet program may have written."""
    return SPREADSHEET_COMMA if file.decimal_comma else SPREADSHEET_POINT


def parse_yes_no(text: str) -> bool | None:
    """Return whether a box was ticked; None for a text that is neither yes nor no."""
    word = text.strip().lower()
    return True if word in _YES_WORDS else False if word in _NO_WORDS else None
