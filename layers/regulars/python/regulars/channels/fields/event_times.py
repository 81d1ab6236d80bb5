"""Determine when an event happened: use the sender's time, clamp future times, and mark history as backfill."""

from datetime import UTC, datetime, timedelta

import msgspec

from regulars.domain.errors import InvalidEventError
from regulars.domain.times import FUTURE_TOLERANCE, from_text, to_text

# An event that arrives this late is history: it starts no journey, which would reach people unexpectedly.
MIN_HISTORY_AGE = timedelta(days=7)
# No shop's export is older. The bounds exclude zero dates and dates that overflow.
VALID_YEARS = range(1990, 3000)


class EventTimes(msgspec.Struct, frozen=True):
    """The times of an event, as canonical texts, and whether they were corrected."""

    occurred_at: str
    clock_skewed: bool = False
    backfill: bool = False


def parse_time(value: object) -> datetime:
    """Return an ISO 8601 text as a time; raise InvalidEventError(invalid_timestamp) for anything else."""
    try:
        time = from_text(value if isinstance(value, str) else "")
        if time.year not in VALID_YEARS:
            raise ValueError
    except (ValueError, OverflowError):
        raise InvalidEventError(
            "The time is not an ISO 8601 text such as 2026-11-22T10:00:00Z.", "invalid_timestamp"
        ) from None
    return time


def from_epoch(value: object, per_second: int = 1) -> datetime:
    """Return the time of a number of seconds since 1970, also as a text; `per_second` is 1000 for milliseconds.

    Raise InvalidEventError(invalid_timestamp) for anything else.
    """
    try:
        number = float(value) if isinstance(value, int | float | str) else float("nan")
        time = datetime.fromtimestamp(number / per_second, UTC)
        if time.year not in VALID_YEARS:
            raise ValueError
    except (ValueError, OverflowError, OSError):
        raise InvalidEventError(
            "The time is not a number of seconds since 1970.", "invalid_timestamp"
        ) from None
    return time


def resolve_event_times(
    reported_at: datetime, received_at: datetime, sent_at: datetime | None = None
) -> EventTimes:
    """Return when an event happened by our clock.

    The clock of a sender whose `sent_at` is minutes off is wrong, so `reported_at` is moved by the difference. A smaller
    difference is the time of the transport, and moving by it would reorder events. A time that is still in the future,
    or that an absurd `sent_at` moved to an invalid year, becomes the time of the receipt.
    """
    drift = received_at - sent_at if sent_at else timedelta()
    is_skewed = abs(drift) > FUTURE_TOLERANCE
    time = reported_at + drift if is_skewed else reported_at
    if time > received_at + FUTURE_TOLERANCE or time.year not in VALID_YEARS:
        return EventTimes(to_text(received_at), clock_skewed=True)
    return EventTimes(to_text(time), is_skewed, backfill=time < received_at - MIN_HISTORY_AGE)


def format_first_time(*values: object) -> str:
    """Return the first text that is not blank as a canonical time; '' without one and for one that is no time."""
    for value in values:
        if isinstance(value, str) and value.strip():
            try:
                return to_text(parse_time(value))
            except InvalidEventError:
                return ""
    return ""


def parse_first_time(*values: object) -> datetime | None:
    """Return the first value that is not empty as a time, None when all are empty.

    Raise InvalidEventError(invalid_timestamp) for a value that is no time.
    """
    value = next((value for value in values if value), None)
    return None if value is None else parse_time(value)


def build_version(time: str, rank: int) -> str:
    """Return an order's version: the time to the second, and the `rank` below 1000 that decides within one second."""
    return f"{time[:19]}.{rank:03d}Z"
