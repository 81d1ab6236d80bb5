"""Verify Standard Webhooks and Svix signatures over id, time and body, with a shared secret or an Ed25519 key.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hmac
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from regulars.channels.contract import Request
from regulars.channels.signatures.shared_secret import decoded, hmac_base64
from regulars.domain.errors import SignatureError

# Every attempt is signed anew with its own time, so that a late retry is as fresh as a first one.
TOLERANCE_SECONDS = 300
PUBLIC_KEY = "whpk_"
_SECONDS = re.compile(r"[0-9]{1,12}")


def verify_standard(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """Any signature of the header's list by any live secret; SignatureError with its reason otherwise."""
    message_id, timestamp, given = (
        header(request, name) for name in ("id", "timestamp", "signature")
    )
    if not (message_id and timestamp and given):
        raise SignatureError("missing")
    if not _SECONDS.fullmatch(timestamp):
        raise SignatureError("malformed")
    signatures = _usable(given.split(" "), secrets)
    message = f"{message_id}.{timestamp}.".encode("utf-8", "replace") + request.body
    if not _is_signed(signatures, message, secrets):
        raise SignatureError("signature")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise SignatureError("timestamp")


def header(request: Request, name: str) -> str:
    """A header under its standard name, or under Svix's own."""
    return request.headers.get(f"webhook-{name}") or request.headers.get(f"svix-{name}") or ""


def standard_sample(blank: Request, secret: str) -> Request:
    """A delivery signed with the secret, of a topic nobody knows."""
    body = b'{"type":"regulars.test","data":{}}'
    timestamp = str(int(blank.received_at.timestamp()))
    signed = f"regulars_test.{timestamp}.".encode() + body
    headers = {
        "content-type": "application/json",
        "webhook-id": "regulars_test",
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{hmac_base64(_key(secret), signed).decode()}",
    }
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _usable(given: Iterable[str], secrets: Sequence[str]) -> list[tuple[str, str]]:
    """The signatures, as version and base64, of which we hold a key of the kind."""
    pairs = [text.partition(",") for text in given]
    versions = [(version, text) for version, comma, text in pairs if comma and version and text]
    if not versions:
        raise SignatureError("malformed")
    held = {"v1a" if secret.startswith(PUBLIC_KEY) else "v1" for secret in secrets} or {"v1"}
    usable = [(version, text) for version, text in versions if version in held]
    if not usable:
        raise SignatureError("scheme")
    return usable


def _is_signed(
    signatures: Iterable[tuple[str, str]], message: bytes, secrets: Sequence[str]
) -> bool:
    keys = [secret for secret in secrets if not secret.startswith(PUBLIC_KEY)]
    wanted = [hmac_base64(key, message) for secret in keys if (key := _key(secret))]
    matches = [
        hmac.compare_digest(text.encode("utf-8", "replace"), each) if version == "v1" else False
        for version, text in signatures
        for each in wanted
    ]
    public = [secret for secret in secrets if secret.startswith(PUBLIC_KEY)]
    asymmetric = [text for version, text in signatures if version == "v1a"]
    return any(matches) or any(
        _is_signed_by(key, text, message) for key in public for text in asymmetric
    )


def _key(secret: str) -> bytes:
    """The bytes of a secret, read as leniently as senders read it; b'' for what is none, which must never be a key."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        return b""


def _is_signed_by(public_key: str, signature: str, message: bytes) -> bool:
    # Imported by the few who sign with a key pair.
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        key = Ed25519PublicKey.from_public_bytes(decoded(public_key.removeprefix(PUBLIC_KEY)))
        key.verify(decoded(signature), message)
    except (ValueError, InvalidSignature):
        return False
    return True
