"""Parse the dates and times of exports in every form that providers and people write."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from regulars.channels.exports.contract import File
from regulars.channels.exports.refusals import refusal
from regulars.channels.fields.event_times import YEARS, from_epoch, parsed
from regulars.channels.fields.numbers import strip_apostrophe
from regulars.domain.errors import InvalidEventError
from regulars.domain.times import to_text

# A time that is not told: whatever is told with a time is newer.
UNDATED = "1990-01-01T00:00:00.000Z"
# Where days begin first: a time without a zone was no earlier than there.
EASTERNMOST = timezone(timedelta(hours=14))
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d\d)(?:[ ,]+(.+))?")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d\d)(?:[ ,]+(.+))?")
_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})(?:[ ,]+(?:at )?(.+))?")
_DAY_FIRST = re.compile(r"(\d{1,2}) ([A-Za-z]{3,9})\.?,? (\d{4})(?:[ ,]+(?:at )?(.+))?")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?(?:\s?([ap])\.?m\.?)?", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")
_MOST_MONTHS = 12
_MILLISECONDS = 13  # digits of an epoch


@lru_cache(maxsize=65_536)
def parse_iso_time(text: str) -> str:
    """Return an ISO 8601 date or time as a canonical time; raise InvalidEventError(invalid_timestamp) for anything else."""
    return to_text(parsed(text))


def moment_in(text: str, file: File, zone: tzinfo = UTC) -> str:
    """A time as providers write it, '' for a blank; one without a zone is of `zone`. Refused when in the future."""
    if not text.strip():
        return ""
    at = _moment(strip_apostrophe(text), zone)
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
    said = strip_apostrophe(text)
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
    if match := _DOTTED.fullmatch(text):
        day, month, year, clock = match.groups()
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
