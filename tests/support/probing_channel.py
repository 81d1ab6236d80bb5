"""A channel whose provider tries its address and expects special answers, as some do."""

from collections.abc import Sequence
from datetime import datetime

from regulars.channels.contract import Channel, Draft, GeneratedSecret, Reply, Request
from regulars.domain.errors import SignatureError


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:
    """A challenge is sent back to who knows the secret."""
    if "challenge" not in request.query:
        return None
    if request.query.get("token") not in secrets:
        raise SignatureError("signature")
    return Reply(body=request.query["challenge"])


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """Everybody is believed who names the URL that was set up."""
    if request.headers.get("x-url") != request.url:
        raise SignatureError("signature")


def translate_delivery(request: Request) -> list[Draft]:
    """It tells nothing."""
    return []


CHANNEL = Channel(
    name="probing",
    title="Probing",
    page=__doc__,
    secret=GeneratedSecret(),
    verify=verify_delivery,
    translate=translate_delivery,
    answer_handshake=answer_handshake,
    reply=Reply(body="success"),
)
