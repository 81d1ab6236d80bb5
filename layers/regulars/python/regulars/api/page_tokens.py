"""Create and open page tokens: a position in a segment, signed for one segment and one API key."""

import base64
import binascii
import hmac
from typing import NamedTuple

import msgspec

from regulars.domain.errors import InvalidRequestError

_SEAL_BYTES = 16


class PagePosition(NamedTuple):
    """The last member of a page; the next page begins behind it."""

    rank: str
    profile_id: str


def seal_token(position: PagePosition, segment: str, key_id: str) -> str:
    """Return the token of the page behind the position."""
    text = msgspec.json.encode(position)
    token = _token_seal(text, segment, key_id) + text
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


def open_token(token: str, segment: str, key_id: str) -> PagePosition:
    """Return the position of a token; raise InvalidRequestError for a token of another segment or key."""
    try:
        decoded = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        decoded = b""
    seal, text = decoded[:_SEAL_BYTES], decoded[_SEAL_BYTES:]
    if not hmac.compare_digest(seal, _token_seal(text, segment, key_id)):
        raise InvalidRequestError(
            "This page token does not belong to this segment and key; start again without `next`.",
            "invalid_page_token",
        )
    return msgspec.json.decode(text, type=PagePosition)


def _token_seal(text: bytes, segment: str, key_id: str) -> bytes:
    # The id of a key never leaves the store, so a caller who can seal a token could read the table as well.
    message = b"page\x1f" + segment.encode() + b"\x1f" + text
    return hmac.digest(key_id.encode(), message, "sha256")[:_SEAL_BYTES]
