"""Verify a delivery by an HMAC or by the secret itself, always compared in constant time."""

import base64
import binascii
import hmac
from collections.abc import Iterable, Sequence

import msgspec

from regulars.channels.contract import Request
from regulars.domain.errors import SignatureError

# The query parameter with the secret of a provider that signs nothing.
TOKEN_PARAMETER = "token"  # noqa: S105 (a name)


def check_equal(signature: str, expected: Iterable[bytes]) -> None:
    """Raise SignatureError unless the signature equals one of the expected ones; the reason is `missing` for none."""
    if not signature:
        raise SignatureError("missing")
    signature_bytes = signature.encode("utf-8", "replace")
    # Compare every one, so that the duration does not reveal which one matched.
    matches = [
        hmac.compare_digest(signature_bytes, expected_signature) for expected_signature in expected
    ]
    if not any(matches):
        raise SignatureError("signature")


def hmac_base64(secret: bytes, message: bytes, digest: str = "sha256") -> bytes:
    """Return the HMAC of a message as base64, as most providers write it."""
    return base64.b64encode(hmac.digest(secret, message, digest))


def check_token(request: Request, secrets: Sequence[str]) -> None:
    """Raise SignatureError unless a live secret is in the URL as `?token=` or in the Authorization header.

    For providers that sign nothing. Basic carries the whole `user:password`, Bearer the token; the reason is `malformed`
    for a header that is neither.
    """
    token = request.query.get(TOKEN_PARAMETER) or _read_authorization(
        request.headers.get("authorization", "")
    )
    check_equal(token, [secret.encode() for secret in secrets])


def build_token_sample(blank: Request, secret: str, body: bytes, content_type: str) -> Request:
    """Return a delivery to the URL that contains the secret."""
    headers = {"content-type": content_type}
    return msgspec.structs.replace(
        blank, body=body, headers=headers, query={TOKEN_PARAMETER: secret}
    )


def decode_base64(text: str) -> bytes:
    """Return the bytes of a base64 text; b'' if it is not canonical base64."""
    try:
        raw = base64.b64decode(text.encode("ascii", "replace"), validate=True)
    except binascii.Error:
        return b""
    return raw if base64.b64encode(raw).decode() == text else b""


def _read_authorization(header: str) -> str:
    scheme, _, value = header.strip().partition(" ")
    match scheme.lower():
        case "":
            return ""
        case "bearer" if value:
            return value
        case "basic" if pair := decode_base64(value):
            return pair.decode("utf-8", "replace")
    raise SignatureError("malformed")
