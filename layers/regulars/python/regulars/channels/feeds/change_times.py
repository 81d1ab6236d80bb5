"""Read the modification time of each record of a page; a record without a readable time is still returned."""

from collections.abc import Iterable

import msgspec

from regulars.domain.times import from_text, to_text


def find_change_time(raw: bytes | msgspec.Raw, *names: str) -> str:
    """Return the first of these fields that is a time, as RFC 3339; '' without one."""
    try:
        record = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    values = (record.get(name) for name in names) if isinstance(record, dict) else ()
    return next((text for value in values if (text := _to_canonical_time(value))), "")


def find_latest_time(times: Iterable[str]) -> str:
    """Return the latest of these times; '' without one."""
    return max(times, default="")


def _to_canonical_time(value: object) -> str:
    try:
        return to_text(from_text(value)) if isinstance(value, str) and value else ""
    except (ValueError, OverflowError):
        return ""
