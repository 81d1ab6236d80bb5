"""Personal data that no store but the contact data may hold, and how to find it again."""

import gzip
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

EMAIL = "zqcanary.mail@example.com"
PHONE, LOCAL_PHONE = "+442079460123", "020 7946 0123"
FIRST_NAME, LAST_NAME = "Zqcanaryfirst", "Zqcanarylast"
FULL_NAME = f"{FIRST_NAME} {LAST_NAME}"
STREET_LINE, CITY_NAME = "17 Zqcanarystreet", "Zqcanarytown"
MESSAGE = "Zqcanarymessage, please call me back"
USER_NAME = "zqcanaryhandle"
_MARKER_PATTERN = re.compile(rb"zqcanary\w*|20\W{0,3}7946\W{0,3}0123", re.IGNORECASE)


def find_canaries(*contents: object) -> set[str]:
    """Return every canary in these texts, bytes (compressed or not) and structures of both."""
    return {
        match.decode()
        for content in contents
        for part in _list_bytes(content)
        for match in _MARKER_PATTERN.findall(part)
    }


def _list_bytes(content: Any) -> Iterable[bytes]:
    match content:
        case bytes():
            yield content
            with suppress(OSError, EOFError):
                yield gzip.decompress(content)
        case str():
            yield content.encode()
        case dict():
            for key, value in content.items():
                yield from _list_bytes(key)
                yield from _list_bytes(value)
        case list() | tuple() | set():
            for value in content:
                yield from _list_bytes(value)
        case _:
            yield str(content).encode()
