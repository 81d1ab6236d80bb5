"""What a caller sent, read without trust: the very bytes of the body, and the key."""

import base64
from collections.abc import Mapping
from typing import Any

from regulars.domain import errors


def raw_body(event: Mapping[str, Any]) -> bytes:
    """The very bytes that were sent; only `isBase64Encoded` tells how the gateway passed them."""
    body = event.get("body") or ""
    try:
        return (
            base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
        )
    except ValueError:  # no base64, no ASCII, no Unicode
        raise errors.InvalidRequestError("The body is not readable.", "invalid_body") from None


def presented_key(headers: Mapping[str, str]) -> str:
    """The API key in `Authorization: Bearer <key>`, `Basic base64(<key>:)` or `X-Api-Key`; '' when there is none."""
    kind, _, value = headers.get("authorization", "").strip().partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        return _basic_user(value.strip())
    return headers.get("x-api-key", "").strip()


def _basic_user(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[0]
    except ValueError:  # no base64, no ASCII, no UTF-8
        return ""
