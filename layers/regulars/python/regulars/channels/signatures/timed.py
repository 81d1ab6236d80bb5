"""Verify timed signatures: `t=1767139200,v1=<hex>`, one or more, each an HMAC-SHA256 over time and body."""

import hmac
import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from regulars.channels.contract import Request
from regulars.domain.errors import SignatureError

# Providers sign every attempt, so a late retry is within the tolerance.
TOLERANCE_SECONDS = 300
_SECONDS_PATTERN = re.compile(r"[0-9]{1,12}")
_VALUE_PATTERN = re.compile(r"\w+", re.ASCII)


class SignatureFormat(msgspec.Struct, frozen=True, kw_only=True):
    """The syntax of a provider's header: its name, separator and entry names, and what joins time and body."""

    header: str
    separator: str
    time: str
    signature: str
    joint: bytes

    def is_valid_entry(self, entry: tuple[str, str, str]) -> bool:
        """Return whether an entry is well-formed. Values of other schemes are not checked.

        A proxy joins a repeated header by a comma, which then is in one of our values, or the time appears twice.
        """
        name, equals, value = entry
        is_ours = name in (self.time, self.signature)
        return bool(name and equals) and (
            not is_ours or _VALUE_PATTERN.fullmatch(value) is not None
        )


def verify_timed(
    request: Request, secrets: Sequence[str], now: datetime, signature_format: SignatureFormat
) -> None:
    """Accept any signature of the header by any live secret, if its time is within the tolerance.

    Raise SignatureError with its reason: missing, malformed, scheme (no entry of the trusted scheme), signature, timestamp.
    """
    header = request.headers.get(signature_format.header, "")
    if not header:
        raise SignatureError("missing")
    parts = header.split(signature_format.separator)
    entries = [entry.partition("=") for entry in parts]
    times = [value for name, _, value in entries if name == signature_format.time]
    is_whole = all(map(signature_format.is_valid_entry, entries)) and len(times) == 1
    if not is_whole or not _SECONDS_PATTERN.fullmatch(times[0]):
        raise SignatureError("malformed")
    signatures = [
        value.encode("utf-8", "replace")
        for name, _, value in entries
        if name == signature_format.signature
    ]
    if not signatures:
        raise SignatureError("scheme")
    message = times[0].encode() + signature_format.joint + request.body
    expected_signatures = [
        hmac.digest(secret.encode(), message, "sha256").hex().encode() for secret in secrets
    ]
    # Compare every pair, so that the duration does not reveal which one matched.
    matches = [
        hmac.compare_digest(signature, expected)
        for signature in signatures
        for expected in expected_signatures
    ]
    if not any(matches):
        raise SignatureError("signature")
    if abs(now.timestamp() - int(times[0])) > TOLERANCE_SECONDS:
        raise SignatureError("timestamp")


def build_signature_headers(
    secret: str, body: bytes, now: datetime, signature_format: SignatureFormat
) -> dict[str, str]:
    """Return the headers of a genuine delivery of this body."""
    time = str(int(now.timestamp()))
    digest = hmac.digest(
        secret.encode(), time.encode() + signature_format.joint + body, "sha256"
    ).hex()
    entries = (f"{signature_format.time}={time}", f"{signature_format.signature}={digest}")
    return {signature_format.header: signature_format.separator.join(entries)}
