"""Build deliveries of providers from a few values, and translate them."""

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
EVENT_EPOCH = 1_795_165_200  # 2026-11-20T09:00:00Z
FORM_TYPE = "application/x-www-form-urlencoded"
EMAIL_ADDRESS = "zebedee@example.com"


@contextmanager
def allow_refusals() -> Iterator[None]:
    """Allow that a damaged delivery is refused; fail for a bug, which is reported as a refusal too."""
    try:
        yield
    except (InvalidEventError, InvalidRequestError) as error:
        if error.code == UntranslatableError.code:
            raise AssertionError from error


def json_delivery(body: object, config: dict[str, Any] | None = None, **headers: str) -> Request:
    """Return a delivery of JSON."""
    return Request(
        source="main",
        body=json.dumps(body).encode(),
        received_at=NOW,
        headers={"content-type": "application/json", **_header_names(headers)},
        config=config or {},
        default_country="GB",
        default_currency="EUR",
    )


def form_delivery(fields: dict[str, str], url: str = "", **headers: str) -> Request:
    """Return a delivery of a form."""
    body = urlencode(fields).encode()
    return Request(
        source="main",
        body=body,
        received_at=NOW,
        headers={"content-type": FORM_TYPE, **_header_names(headers)},
        url=url,
    )


def translate_drafts(channel: str, request: Request) -> list[Draft]:
    """Return the drafts that the channel translates the delivery to."""
    return load_channel(channel).translate(request)


def build_sample_delivery(channel: Channel, blank: Request, secret: str) -> Request:
    """Return the channel's own sample, signed with the secret."""
    sample = channel.build_sample(blank, secret) if channel.build_sample else None
    if sample is None:
        raise AssertionError
    return sample


def translate_event(channel: str, request: Request) -> Event:
    """Return the only event of the delivery."""
    (draft,) = translate_drafts(channel, request)
    return draft.event


def consent_statuses(event: Event) -> list[tuple[str, str]]:
    """Return the channel and the status of each consent in an event."""
    return [(change.channel, change.status) for change in event.consents]


def identifier_values(drafts: list[Draft]) -> list[tuple[str, ...]]:
    """Return the values of each draft's identifiers."""
    return [tuple(identifier.value for identifier in draft.identifiers) for draft in drafts]


def _header_names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
