"""Deliveries of providers, made by a few words each, and what became of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from regulars.channels.contract import Channel, Draft, Request
from regulars.channels.registry import load_channel
from regulars.domain.errors import InvalidEventError, InvalidRequestError, UntranslatableError
from regulars.domain.events import Event

NOW = datetime(2026, 11, 20, 9, 0, 10, tzinfo=UTC)
AT = 1_795_165_200  # 2026-11-20T09:00:00Z
FORM = "application/x-www-form-urlencoded"
ADDRESS = "zebedee@example.com"


@contextmanager
def refusals() -> Iterator[None]:
    """A refusal of what is damaged is well; a fault of ours is not, though an item's is told as a refusal too."""
    try:
        yield
    except (InvalidEventError, InvalidRequestError) as error:
        if error.code == UntranslatableError.code:
            raise AssertionError from error


def of_json(body: object, config: dict[str, Any] | None = None, **headers: str) -> Request:
    """A delivery of JSON."""
    return Request(
        "main",
        json.dumps(body).encode(),
        NOW,
        {"content-type": "application/json", **_named(headers)},
        config=config or {},
        default_country="GB",
        default_currency="EUR",
    )


def of_form(fields: dict[str, str], url: str = "", **headers: str) -> Request:
    """A delivery of a form."""
    body = urlencode(fields).encode()
    return Request("main", body, NOW, {"content-type": FORM, **_named(headers)}, url=url)


def drafts(channel: str, request: Request) -> list[Draft]:
    """What the channel makes of it."""
    return load_channel(channel).translate(request)


def build_sample_delivery(channel: Channel, blank: Request, secret: str) -> Request:
    """The channel's own sample, signed with the secret."""
    sample = channel.build_sample(blank, secret) if channel.build_sample else None
    if sample is None:
        raise AssertionError
    return sample


def only(channel: str, request: Request) -> Event:
    """The one event the channel makes of it."""
    (draft,) = drafts(channel, request)
    return draft.event


def consents(event: Event) -> list[tuple[str, str]]:
    """Channel and status of the consents in an event."""
    return [(change.channel, change.status) for change in event.consents]


def people(told: list[Draft]) -> list[tuple[str, ...]]:
    """The identifiers' values of each draft."""
    return [tuple(identifier.value for identifier in draft.identifiers) for draft in told]


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
