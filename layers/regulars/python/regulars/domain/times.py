"""Times as RFC 3339 strings in UTC with milliseconds, so that text order is time order."""

from datetime import UTC, datetime, timedelta

FUTURE_TOLERANCE = timedelta(minutes=5)


def to_text(moment: datetime) -> str:
    """An aware datetime as `YYYY-MM-DDTHH:MM:SS.mmmZ`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Any ISO 8601 date or time; without a zone it is taken as UTC. ValueError when it is none."""
    # RFC 3339 allows a lower-case t and z, Python does not.
    moment = datetime.fromisoformat(text.strip().upper())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
