"""Convert times to and from RFC 3339 texts in UTC with milliseconds, whose text order is their time order."""

from datetime import UTC, datetime, timedelta

FUTURE_TOLERANCE = timedelta(minutes=5)


def to_text(moment: datetime) -> str:
    """Return an aware datetime as `YYYY-MM-DDTHH:MM:SS.mmmZ`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Parse an ISO 8601 date or time, as UTC when it names no zone; raise ValueError for any other text."""
    # RFC 3339 allows a lower-case t and z, Python does not.
    moment = datetime.fromisoformat(text.strip().upper())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
