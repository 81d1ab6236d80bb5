"""Reading the fields of exports: ids, amounts, times and answers as people and spreadsheets write them."""

import re
from datetime import UTC, datetime, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

from regulars.channels.exports.contract import File
from regulars.channels.exports.reasons import refusal
from regulars.channels.moments import YEARS, from_epoch
from regulars.channels.scrub import clean_text
from regulars.domain.errors import InvalidEventError
from regulars.domain.money import minor_units
from regulars.domain.times import to_text

LONGEST_ID = 128
MOST_QUANTITY = 1_000_000
# A time that is not told: whatever is told with a time is newer.
UNDATED = "1990-01-01T00:00:00.000Z"

_ROUNDED = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)
_AMOUNT = re.compile(
    r"(?P<open>\()?(?P<minus>[-\u2212])?\s?(?:[^\d\s.,()\-]{1,4}\s?)?(?P<minus2>[-\u2212])?"
    r"(?P<number>[\d.,]*\d)\s?(?:[^\d\s.,()\-]{1,4})?\)?"
)
_PLAIN = re.compile(r"\d*(\.\d+)?")
_COMMAS = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")  # 1,049.00
_POINTS = re.compile(r"\d{1,3}(\.\d{3})+,\d+")  # 1.049,00
_COMMA = re.compile(r"\d+,\d+")  # 49,90
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")  # a thousand, or three decimals
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d\d)(?:[ ,]+(.+))?")
_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})(?:[ ,]+(?:at )?(.+))?")
_DAY_FIRST = re.compile(r"(\d{1,2}) ([A-Za-z]{3,9})\.?,? (\d{4})(?:[ ,]+(?:at )?(.+))?")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?(?:\s?([ap])\.?m\.?)?", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YES = frozenset("yes y true t 1 x on ja j oui si sì sí sim tak granted subscribed".split())  # noqa: SIM905
_NO = frozenset("no n false f 0 off nein nee non não nie denied unsubscribed".split())  # noqa: SIM905
_DAY = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")
_MOST_MONTHS = 12
_MILLISECONDS = 13  # digits of an epoch


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
    match = _AMOUNT.fullmatch(bare(text).replace("\u00a0", " "))
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


def moment_in(text: str, file: File, zone: tzinfo = UTC) -> str:
    """A time as providers write it, '' for a blank; one without a zone is of `zone`. Refused when in the future."""
    if not text.strip():
        return ""
    at = _moment(bare(text), zone)
    if at > file.latest:
        raise refusal("future_date")
    return at


def required_moment(text: str, file: File, zone: tzinfo = UTC) -> str:
    """A time that must be there."""
    at = moment_in(text, file, zone)
    if not at:
        raise refusal("invalid_timestamp")
    return at


def day_in(text: str, file: File) -> str:
    """A day that anybody wrote; '' for a blank, one in the future, and one that may be read in two ways."""
    said = bare(text)
    if match := _DAY.fullmatch(said):
        first, second, year = match.groups()
        is_day_first = "." in said or int(first) > _MOST_MONTHS or file.decimal_comma
        if not is_day_first and int(second) <= _MOST_MONTHS and first != second:
            return ""
        said = f"{second}/{first}/{year}" if is_day_first else said
    try:
        return moment_in(said, file)
    except InvalidEventError:
        return ""


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
    if _POINTS.fullmatch(number) or (comma and _COMMA.fullmatch(number)):
        return number.replace(".", "").replace(",", ".")
    raise refusal("invalid_amount")


@lru_cache(maxsize=65_536)
def _moment(text: str, zone: tzinfo) -> str:
    try:
        said = _parsed(text)
        aware = said.replace(tzinfo=zone) if said.tzinfo is None else said
        if aware.year not in YEARS:
            raise refusal("invalid_timestamp")
        return to_text(aware)
    except (ValueError, OverflowError):
        raise refusal("invalid_timestamp") from None


def _parsed(text: str) -> datetime:
    if text.isdecimal() and text.isascii() and len(text) > len("20261122"):
        return from_epoch(text, 1000 if len(text) >= _MILLISECONDS else 1)
    if match := _SLASHED.fullmatch(text):
        month, day, year, clock = match.groups()
        return _at(int(year), int(month), int(day), clock)
    if match := _MONTH_FIRST.fullmatch(text):
        name, day, year, clock = match.groups()
        return _at(int(year), _month(name), int(day), clock)
    if match := _DAY_FIRST.fullmatch(text):
        day, name, year, clock = match.groups()
        return _at(int(year), _month(name), int(day), clock)
    iso = re.sub(r" ?(UTC|GMT|Z)$", "+00:00", text.upper())
    return datetime.fromisoformat(re.sub(r" (?=[+-]\d\d:?\d\d$)", "", iso))


def _at(year: int, month: int, day: int, clock: str | None) -> datetime:
    hour, minute, second = _clock(clock) if clock else (0, 0, 0)
    century = 2000 if year < 100 else 0  # noqa: PLR2004 (a year of two digits)
    return datetime(century + year, month, day, hour, minute, second)  # noqa: DTZ001 (the zone comes beside it)


def _clock(text: str) -> tuple[int, int, int]:
    match = _CLOCK.fullmatch(text.strip())
    if not match:
        raise ValueError
    hour, minute, second, half = match.groups()
    if half:
        return int(hour) % 12 + 12 * (half.lower() == "p"), int(minute), int(second or 0)
    return int(hour), int(minute), int(second or 0)


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1
