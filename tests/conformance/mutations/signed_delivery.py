"""Models a signed delivery with what its source knows, and returns whether the endpoint would accept it."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDelivery:
    """One request. `secrets` are those of its source, newest first; `certificates` are the responses by URL."""

    channel: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    query: str = ""
    url: str = "https://hooks.example.com/hooks/channel/main"
    method: str = "POST"
    config: dict[str, Any] = field(default_factory=dict)
    certificates: dict[str, bytes] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    now: datetime = NOW
    is_base64: bool = False


def to_request(delivery: SignedDelivery) -> Request:
    """Convert a delivery to the request that the endpoint parses, as API Gateway passes headers and bodies on."""
    parts = urlsplit(delivery.url)
    headers = {"host": parts.netloc}
    headers |= {name: text.strip() for name, text in delivery.headers.items()}
    event = http_event(parts.path, delivery.body, headers, delivery.method, delivery.query)
    if delivery.is_base64:
        event |= {"body": base64.b64encode(delivery.body).decode(), "isBase64Encoded": True}
    call = parse_request(event)
    return Request(
        source="main",
        body=call.body,
        received_at=delivery.now,
        headers=call.headers,
        query=call.query,
        config=delivery.config,
        method=call.method,
        url=delivery.config.get("url") or call.url,
        raw_query=call.raw_query,
        certificates=lambda url: delivery.certificates.get(url, b""),
    )


def is_accepted(delivery: SignedDelivery) -> bool:
    """Return whether the channel accepts a delivery. An error outside the domain is a bug and propagates."""
    channel = load_channel(delivery.channel)
    try:
        request = to_request(delivery)
        answer = channel.answer_handshake
        if answer and answer(request, delivery.secrets, delivery.now) is not None:
            return False  # a handshake, which records nothing
        channel.verify(request, delivery.secrets, delivery.now)
    except RegularsError:
        return False
    return True
