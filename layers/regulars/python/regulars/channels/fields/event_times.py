"""Determine when an event happened: use the sender's time, clamp future times, and mark history as backfill."""

from datetime import UTC, datetime, timedelta

import msgspec

from regulars.domain.errors import InvalidEventError
from regulars.domain.times import FUTURE_TOLERANCE, from_text, to_text

# An event told this late is history: a journey it starts would reach people out of the blue.
HISTORY_AFTER = timedelta(days=7)
YEARS = range(1990, 3000)  # no shop's export is older; catches zero dates and those that overflow


class Moment(msgspec.Struct, frozen=True):
    """The times of an event."""

    occurred_at: str
    clock_skewed: bool = False
    backfill: bool = False


def parsed(value: object) -> datetime:
    """An ISO 8601 text as a time; InvalidEventError(invalid_timestamp) for anything else."""
    try:
        moment = from_text(value if isinstance(value, str) else "")
        if moment.year not in YEARS:
            raise ValueError
    except (ValueError, OverflowError):
        raise InvalidEventError(
            "The time is not an ISO 8601 text such as 2026-11-22T10:00:00Z.", "invalid_timestamp"
        ) from None
    return moment


def from_epoch(value: object, per_second: int = 1) -> datetime:
    """Seconds since 1970 (or their `per_second`th parts), also as a text; InvalidEventError(invalid_timestamp)."""
    try:
        number = float(value) if isinstance(value, int | float | str) else float("nan")
        moment = datetime.fromtimestamp(number / per_second, UTC)
        if moment.year not in YEARS:
            raise ValueError
    except (ValueError, OverflowError, OSError):
        raise InvalidEventError(
            "The time is not a number of seconds since 1970.", "invalid_timestamp"
        ) from None
    return moment


def happened(said: datetime, received_at: datetime, sent_at: datetime | None = None) -> Moment:
    """When it happened by our clock.

    A sender whose `sent_at` is minutes off has a wrong clock, so `said` is moved by as much; a smaller difference is
    the way to us, and moving by it would reorder events. What still lies in the future, or came to lie before any
    shop by an absurd `sent_at`, is clamped to the receipt.
    """
    drift = received_at - sent_at if sent_at else timedelta()
    skewed = abs(drift) > FUTURE_TOLERANCE
    moment = said + drift if skewed else said
    if moment > received_at + FUTURE_TOLERANCE or moment.year not in YEARS:
        return Moment(to_text(received_at), clock_skewed=True)
    return Moment(to_text(moment), skewed, backfill=moment < received_at - HISTORY_AFTER)


def first_of(*values: object) -> str:
    """The first text that is not blank as a canonical time; '' when there is none or it is no time."""
    for value in values:
        if isinstance(value, str) and value.strip():
            try:
                return to_text(parsed(value))
            except InvalidEventError:
                return ""
    return ""


def parse_first_time(*values: object) -> datetime | None:
    """Return the first value that is not empty as a time, None when all are empty.

    Raise InvalidEventError(invalid_timestamp) when it is no time.
    """
    value = next((value for value in values if value), None)
    return None if value is None else parsed(value)


def build_version(time: str, rank: int) -> str:
    """Return an order's version: the time to the second, and the `rank` below 1000 that decides within one second."""
    return f"{time[:19]}.{rank:03d}Z"
