"""Verify a delivery by an HMAC or by the secret itself, always compared in constant time."""

import base64
import binascii
import hmac
from collections.abc import Iterable, Sequence

import msgspec

from regulars.channels.contract import Request
from regulars.domain.errors import SignatureError

# The query parameter in which the secret of a provider that signs nothing stands.
TOKEN = "token"  # noqa: S105 (a name)


def check_equal(given: str, wanted: Iterable[bytes]) -> None:
    """SignatureError unless what was given is one of those wanted; missing when nothing was given."""
    if not given:
        raise SignatureError("missing")
    said = given.encode("utf-8", "replace")
    # Every one is compared, so that the time taken does not tell which one matched.
    matches = [hmac.compare_digest(said, each) for each in wanted]
    if not any(matches):
        raise SignatureError("signature")


def hmac_base64(secret: bytes, message: bytes, digest: str = "sha256") -> bytes:
    """The HMAC of a message as base64, the way most providers write it."""
    return base64.b64encode(hmac.digest(secret, message, digest))


def check_token(request: Request, secrets: Sequence[str]) -> None:
    """For providers that sign nothing: a live secret is in the URL as `?token=`, or in the Authorization header.

    Basic stands for the whole `user:password`, Bearer for the token; SignatureError(malformed) when it is neither.
    """
    given = request.query.get(TOKEN) or _authorized(request.headers.get("authorization", ""))
    check_equal(given, [secret.encode() for secret in secrets])


def token_sample(blank: Request, secret: str, body: bytes, content_type: str) -> Request:
    """A delivery to the URL with the secret in it."""
    headers = {"content-type": content_type}
    return msgspec.structs.replace(blank, body=body, headers=headers, query={TOKEN: secret})


def decoded(text: str) -> bytes:
    """The bytes of a base64 text; b'' when it is not exactly the base64 of any."""
    try:
        raw = base64.b64decode(text.encode("ascii", "replace"), validate=True)
    except binascii.Error:
        return b""
    return raw if base64.b64encode(raw).decode() == text else b""


def _authorized(header: str) -> str:
    scheme, _, value = header.strip().partition(" ")
    match scheme.lower():
        case "":
            return ""
        case "bearer" if value:
            return value
        case "basic" if pair := decoded(value):
            return pair.decode("utf-8", "replace")
    raise SignatureError("malformed")
