"""Parse the dates and times of exports in every form that providers and people write."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from regulars.channels.exports.contract import File
from regulars.channels.exports.refusals import RefusedLineError
from regulars.channels.fields.event_times import VALID_YEARS, from_epoch, parse_time
from regulars.channels.fields.numbers import strip_apostrophe
from regulars.domain.errors import InvalidEventError
from regulars.domain.times import to_text

# The time of a fact without a time: every fact with a time is newer.
UNDATED_TIME = "1990-01-01T00:00:00.000Z"
# Where days begin first: a local time without a zone was not earlier than in this zone.
EASTERNMOST_ZONE = timezone(timedelta(hours=14))
_DATE_PATTERNS = (
    re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4}|\d\d)(?:[ ,]+(?P<clock>.+))?"),
    re.compile(
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4}|\d\d)(?:[ ,]+(?P<clock>.+))?"
    ),
    re.compile(
        r"(?P<month>[A-Za-z]{3,9})\.? (?P<day>\d{1,2}),? (?P<year>\d{4})(?:[ ,]+(?:at )?(?P<clock>.+))?"
    ),
    re.compile(
        r"(?P<day>\d{1,2}) (?P<month>[A-Za-z]{3,9})\.?,? (?P<year>\d{4})(?:[ ,]+(?:at )?(?P<clock>.+))?"
    ),
)
_CLOCK_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?(?:\s?([ap])\.?m\.?)?", re.IGNORECASE)
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMERIC_DAY = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")
_MONTHS_PER_YEAR = 12
_EPOCH_MILLISECOND_DIGITS = 13


@lru_cache(maxsize=65_536)
def parse_iso_time(text: str) -> str:
    """Return an ISO 8601 date or time as a canonical time; raise InvalidEventError(invalid_timestamp) for anything else."""
    return to_text(parse_time(text))


def parse_export_time(text: str, file: File, zone: tzinfo = UTC) -> str:
    """Return a time as a canonical time, '' for a blank; a time without a zone is one of `zone`.

    Raise RefusedLineError: invalid_timestamp for anything else, future_date for a time in the future.
    """
    if not text.strip():
        return ""
    at = _parse_canonical_time(strip_apostrophe(text), zone)
    if at > file.latest:
        raise RefusedLineError("future_date")
    return at


def require_export_time(text: str, file: File, zone: tzinfo = UTC) -> str:
    """Return a time as `parse_export_time` does; raise RefusedLineError(invalid_timestamp) for a blank."""
    at = parse_export_time(text, file, zone)
    if not at:
        raise RefusedLineError("invalid_timestamp")
    return at


def parse_export_day(text: str, file: File) -> str:
    """Return a day that a person wrote; '' for a blank, a day in the future, an ambiguous day and anything else."""
    day = strip_apostrophe(text)
    if match := _NUMERIC_DAY.fullmatch(day):
        first, second, year = match.groups()
        is_day_first = "." in day or int(first) > _MONTHS_PER_YEAR or file.decimal_comma
        if not is_day_first and int(second) <= _MONTHS_PER_YEAR and first != second:
            return ""
        day = f"{second}/{first}/{year}" if is_day_first else day
    try:
        return parse_export_time(day, file)
    except InvalidEventError:
        return ""


@lru_cache(maxsize=65_536)
def _parse_canonical_time(text: str, zone: tzinfo) -> str:
    try:
        time = _parse_datetime(text)
        aware = time.replace(tzinfo=zone) if time.tzinfo is None else time
        if aware.year not in VALID_YEARS:
            raise RefusedLineError("invalid_timestamp")
        return to_text(aware)
    except (ValueError, OverflowError):
        raise RefusedLineError("invalid_timestamp") from None


def _parse_datetime(text: str) -> datetime:
    if text.isdecimal() and text.isascii() and len(text) > len("20261122"):
        return from_epoch(text, 1000 if len(text) >= _EPOCH_MILLISECOND_DIGITS else 1)
    for pattern in _DATE_PATTERNS:
        if match := pattern.fullmatch(text):
            return _build_datetime(**match.groupdict())
    iso = re.sub(r" ?(UTC|GMT|Z)$", "+00:00", text.upper())
    return datetime.fromisoformat(re.sub(r" (?=[+-]\d\d:?\d\d$)", "", iso))


def _build_datetime(year: str, month: str, day: str, clock: str | None) -> datetime:
    hour, minute, second = _parse_clock(clock) if clock else (0, 0, 0)
    century = 2000 if int(year) < 100 else 0  # noqa: PLR2004 (a year of two digits)
    return datetime(century + int(year), _parse_month(month), int(day), hour, minute, second)  # noqa: DTZ001 (the caller adds the zone)


def _parse_clock(text: str) -> tuple[int, int, int]:
    match = _CLOCK_TIME.fullmatch(text.strip())
    if not match:
        raise ValueError
    hour, minute, second, half = match.groups()
    if half:
        return int(hour) % 12 + 12 * (half.lower() == "p"), int(minute), int(second or 0)
    return int(hour), int(minute), int(second or 0)


def _parse_month(text: str) -> int:
    """Return the number of a month that is written as a number or as an English name."""
    return int(text) if text.isdecimal() else _MONTH_NAMES.index(text[:3].lower()) + 1
