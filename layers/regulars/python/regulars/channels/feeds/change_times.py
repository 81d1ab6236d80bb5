"""Read the modification time of each record of a page; a record without a readable time is still returned."""

from collections.abc import Iterable

import msgspec

from regulars.domain.times import from_text, to_text


def stamp(raw: bytes | msgspec.Raw, *names: str) -> str:
    """The first of these fields that is a time, as RFC 3339; '' when none is."""
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    said = (found.get(name) for name in names) if isinstance(found, dict) else ()
    return next((text for value in said if (text := _text(value))), "")


def newest(stamps: Iterable[str]) -> str:
    """The latest of them, '' when there is none."""
    return max(stamps, default="")


def _text(value: object) -> str:
    try:
        return to_text(from_text(value)) if isinstance(value, str) and value else ""
    except (ValueError, OverflowError):
        return ""
