"""Page tokens: a place in a segment, sealed with the key that asked, so that one from elsewhere is refused."""

import base64
import binascii
import hmac
from typing import NamedTuple

import msgspec

from regulars.domain.errors import InvalidRequestError

_SEAL_BYTES = 16


class Place(NamedTuple):
    """The last member a page told: the next page begins behind it."""

    rank: str
    profile_id: str


def sealed(place: Place, segment: str, key_id: str) -> str:
    """The token for the page behind `place`."""
    text = msgspec.json.encode(place)
    return base64.urlsafe_b64encode(_seal(text, segment, key_id) + text).decode().rstrip("=")


def unsealed(token: str, segment: str, key_id: str) -> Place:
    """The place of a token; InvalidRequestError unless it was given for this segment to this key."""
    try:
        opened = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        opened = b""
    seal, text = opened[:_SEAL_BYTES], opened[_SEAL_BYTES:]
    if not hmac.compare_digest(seal, _seal(text, segment, key_id)):
        raise InvalidRequestError(
            "This page token was not given for this segment and key; begin again without `next`.",
            "invalid_page_token",
        )
    return msgspec.json.decode(text, type=Place)


def _seal(text: bytes, segment: str, key_id: str) -> bytes:
    # The key's id never leaves the store, so whoever can seal a token could as well read the table.
    message = b"page\x1f" + segment.encode() + b"\x1f" + text
    return hmac.digest(key_id.encode(), message, "sha256")[:_SEAL_BYTES]
