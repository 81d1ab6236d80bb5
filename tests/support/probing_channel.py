"""A channel whose provider tries its address and expects special answers, as some do."""

from collections.abc import Sequence
from datetime import datetime

from regulars.channels.contract import Draft, Reply, Request
from regulars.domain.errors import SignatureError

CHANNEL = "probing"
REPLY = Reply(body="success")


def answer(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:
    """A challenge is sent back to who knows the secret."""
    if "challenge" not in request.query:
        return None
    if request.query.get("token") not in secrets:
        raise SignatureError("signature")
    return Reply(body=request.query["challenge"])


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """Everybody is believed who names the URL that was set up."""
    if request.headers.get("x-url") != request.url:
        raise SignatureError("signature")


def translate(request: Request) -> list[Draft]:
    """It tells nothing."""
    return []
