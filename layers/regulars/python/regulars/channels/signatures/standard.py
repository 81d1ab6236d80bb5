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
from regulars.channels.signatures.shared_secret import decode_base64, hmac_base64
from regulars.domain.errors import SignatureError

# Senders sign every attempt with its own time, so a late retry is within the tolerance.
TOLERANCE_SECONDS = 300
PUBLIC_KEY_PREFIX = "whpk_"
_SECONDS_PATTERN = re.compile(r"[0-9]{1,12}")


def verify_standard(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """Accept any signature of the header's list by any live secret; raise SignatureError with its reason otherwise."""
    message_id, timestamp, signature_list = (
        read_header(request, name) for name in ("id", "timestamp", "signature")
    )
    if not (message_id and timestamp and signature_list):
        raise SignatureError("missing")
    if not _SECONDS_PATTERN.fullmatch(timestamp):
        raise SignatureError("malformed")
    signatures = _list_usable_signatures(signature_list.split(" "), secrets)
    message = f"{message_id}.{timestamp}.".encode("utf-8", "replace") + request.body
    if not _is_signed(signatures, message, secrets):
        raise SignatureError("signature")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise SignatureError("timestamp")


def read_header(request: Request, name: str) -> str:
    """Return a header by its standard name or by its Svix name."""
    return request.headers.get(f"webhook-{name}") or request.headers.get(f"svix-{name}") or ""


def build_standard_sample(blank: Request, secret: str) -> Request:
    """Return a delivery of an unknown topic that the secret signs."""
    body = b'{"type":"regulars.test","data":{}}'
    timestamp = str(int(blank.received_at.timestamp()))
    message = f"regulars_test.{timestamp}.".encode() + body
    headers = {
        "content-type": "application/json",
        "webhook-id": "regulars_test",
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{hmac_base64(_decode_secret(secret), message).decode()}",
    }
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _list_usable_signatures(
    entries: Iterable[str], secrets: Sequence[str]
) -> list[tuple[str, str]]:
    """Return the signatures, as version and base64, of the versions for which there is a key."""
    pairs = [text.partition(",") for text in entries]
    versions = [(version, text) for version, comma, text in pairs if comma and version and text]
    if not versions:
        raise SignatureError("malformed")
    held_versions = {
        "v1a" if secret.startswith(PUBLIC_KEY_PREFIX) else "v1" for secret in secrets
    } or {"v1"}
    usable = [(version, text) for version, text in versions if version in held_versions]
    if not usable:
        raise SignatureError("scheme")
    return usable


def _is_signed(
    signatures: Iterable[tuple[str, str]], message: bytes, secrets: Sequence[str]
) -> bool:
    public_keys = [secret for secret in secrets if secret.startswith(PUBLIC_KEY_PREFIX)]
    shared_secrets = [secret for secret in secrets if not secret.startswith(PUBLIC_KEY_PREFIX)]
    symmetric = [text for version, text in signatures if version == "v1"]
    asymmetric = [text for version, text in signatures if version == "v1a"]
    return _is_signed_with_secret(symmetric, message, shared_secrets) or any(
        _is_signed_by(key, text, message) for key in public_keys for text in asymmetric
    )


def _is_signed_with_secret(
    signatures: Sequence[str], message: bytes, shared_secrets: Sequence[str]
) -> bool:
    expected_signatures = [
        hmac_base64(key, message) for secret in shared_secrets if (key := _decode_secret(secret))
    ]
    matches = [
        hmac.compare_digest(text.encode("utf-8", "replace"), expected)
        for text in signatures
        for expected in expected_signatures
    ]
    return any(matches)


def _decode_secret(secret: str) -> bytes:
    """Return the bytes of a secret, as leniently as senders' libraries; b'' if malformed, which must never be a key."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        return b""


def _is_signed_by(public_key: str, signature: str, message: bytes) -> bool:
    # Imported here because few senders sign with a key pair.
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        key = Ed25519PublicKey.from_public_bytes(
            decode_base64(public_key.removeprefix(PUBLIC_KEY_PREFIX))
        )
        key.verify(decode_base64(signature), message)
    except (ValueError, InvalidSignature):
        return False
    return True
