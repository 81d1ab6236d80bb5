"""A channel whose provider checks the address and expects special replies."""

from collections.abc import Sequence
from datetime import datetime

from regulars.channels.contract import Channel, Draft, GeneratedSecret, Reply, Request
from regulars.domain.errors import SignatureError


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:
    """Return the challenge to a sender that knows the secret."""
    if "challenge" not in request.query:
        return None
    if request.query.get("token") not in secrets:
        raise SignatureError("signature")
    return Reply(body=request.query["challenge"])


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """Accept every sender that names the configured URL."""
    if request.headers.get("x-url") != request.url:
        raise SignatureError("signature")


def translate_delivery(request: Request) -> list[Draft]:
    """Return no drafts."""
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
