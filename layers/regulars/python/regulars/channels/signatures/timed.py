"""Verify timed signatures: `t=1767139200,v1=<hex>`, one or more, each an HMAC-SHA256 over time and body."""

import hmac
import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from regulars.channels.contract import Request
from regulars.domain.errors import SignatureError

# Every attempt is signed anew, so that a late retry is as fresh as a first one.
TOLERANCE_SECONDS = 300
_SECONDS = re.compile(r"[0-9]{1,12}")
_VALUE = re.compile(r"\w+", re.ASCII)


class Format(msgspec.Struct, frozen=True):
    """How a provider writes it: the header, what parts its entries, their names, and what joins time and body."""

    header: str
    separator: str
    time: str
    signature: str
    joint: bytes

    def understands(self, entry: tuple[str, str, str]) -> bool:
        """Whether an entry is one: what a scheme of another name writes is not ours to judge.

        A header that came twice is joined by a comma, which then stands in a value of ours, or the time comes twice.
        """
        name, equals, value = entry
        is_ours = name in (self.time, self.signature)
        return bool(name and equals) and (not is_ours or _VALUE.fullmatch(value) is not None)


def verify_timed(request: Request, secrets: Sequence[str], now: datetime, written: Format) -> None:
    """Any signature of the header by any live secret, compared in constant time, and no older or newer than minutes.

    SignatureError with its reason: missing, malformed, scheme (none in the format we trust), signature, timestamp.
    """
    header = request.headers.get(written.header, "")
    if not header:
        raise SignatureError("missing")
    parts = header.split(written.separator)
    entries = [entry.partition("=") for entry in parts]
    times = [value for name, _, value in entries if name == written.time]
    is_whole = all(map(written.understands, entries)) and len(times) == 1
    if not is_whole or not _SECONDS.fullmatch(times[0]):
        raise SignatureError("malformed")
    given = [
        value.encode("utf-8", "replace") for name, _, value in entries if name == written.signature
    ]
    if not given:
        raise SignatureError("scheme")
    message = times[0].encode() + written.joint + request.body
    wanted = [hmac.digest(secret.encode(), message, "sha256").hex().encode() for secret in secrets]
    # Every pair is compared, so that the time taken does not tell which one matched.
    matches = [hmac.compare_digest(said, each) for said in given for each in wanted]
    if not any(matches):
        raise SignatureError("signature")
    if abs(now.timestamp() - int(times[0])) > TOLERANCE_SECONDS:
        raise SignatureError("timestamp")


def signed(secret: str, body: bytes, now: datetime, written: Format) -> dict[str, str]:
    """The header that a genuine delivery of this body carries."""
    time = str(int(now.timestamp()))
    digest = hmac.digest(secret.encode(), time.encode() + written.joint + body, "sha256").hex()
    entries = (f"{written.time}={time}", f"{written.signature}={digest}")
    return {written.header: written.separator.join(entries)}
