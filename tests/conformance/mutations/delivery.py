"""A delivery on its way to the door, with what its source knows, and whether the door would believe it."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from regulars.channels.contract import Request
from regulars.channels.registry import load_channel
from regulars.domain.errors import RegularsError
from regulars.transport.requests import parse_request
from tests.support.gateway import http_event

NOW = datetime(2026, 11, 20, 9, 0, 10, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request; `live` are the secrets of its source, `certificates` what a URL would bring."""

    channel: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    query: str = ""
    url: str = "https://hooks.example.com/hooks/channel/main"
    method: str = "POST"
    config: dict[str, Any] = field(default_factory=dict)
    certificates: dict[str, bytes] = field(default_factory=dict)
    live: tuple[str, ...] = ()
    now: datetime = NOW
    as_base64: bool = False


def arrived(sent: Delivery) -> Request:
    """What the door makes of it, the gateway's ways with headers and bodies included."""
    parts = urlsplit(sent.url)
    headers = {"host": parts.netloc} | {name: text.strip() for name, text in sent.headers.items()}
    event = http_event(parts.path, sent.body, headers, sent.method, sent.query)
    if sent.as_base64:
        event |= {"body": base64.b64encode(sent.body).decode(), "isBase64Encoded": True}
    call = parse_request(event)
    return Request(
        "main",
        call.body,
        sent.now,
        call.headers,
        call.query,
        config=sent.config,
        method=call.method,
        url=sent.config.get("url") or call.url,
        raw_query=call.raw_query,
        certificates=lambda url: sent.certificates.get(url, b""),
    )


def is_believed(sent: Delivery) -> bool:
    """Whether its channel takes it for a delivery of its provider; an error that is not the domain's is a fault."""
    channel = load_channel(sent.channel)
    answer = channel.answer_handshake
    try:
        request = arrived(sent)
        if answer and answer(request, sent.live, sent.now) is not None:
            return False  # a probe, of which nothing is recorded
        channel.verify(request, sent.live, sent.now)
    except RegularsError:
        return False
    return True
