"""Messages captured from the real SDKs, where they are at hand: beside the checkout, never in it."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from regulars.channels.contract import Request
from regulars.channels.tracking.messages import translate_message
from regulars.domain.profiles import COUNTED_EVENT_TYPES
from tests.conformance.provider_files import SHARED_FOLDER

NOW = datetime(2026, 11, 22, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not SHARED_FOLDER.exists(), reason="the captures are not at hand")


def calls() -> list[Any]:
    lines = [
        line
        for path in sorted((SHARED_FOLDER / "tracking" / "wire").glob("*.jsonl"))
        for line in path.open()
    ]
    return [call for call in map(json.loads, lines) if call["m"] == "POST" and call["body"]]


def messages(call: dict[str, Any]) -> list[dict[str, Any]]:
    body = call["body"]
    kinds = {"t": "track", "i": "identify", "p": "page", "s": "screen", "g": "group", "a": "alias"}
    name = call["p"].rpartition("/")[2]
    listed: list[dict[str, Any]] = body.get("batch", [{"type": kinds.get(name[:1])} | body])
    return listed


@pytest.mark.parametrize("call", calls(), ids=lambda call: call["p"])
def test_every_message_an_sdk_sends_is_understood(call: dict[str, Any]) -> None:
    for message in messages(call):
        draft = translate_message(
            msgspec.json.encode(message),
            Request(source="web", body=b"", received_at=NOW, default_currency="USD"),
        )
        assert draft.identifiers
        assert "a@b.c" not in str(draft.event)


def test_every_canonical_event_of_a_person_is_counted_by_its_name() -> None:
    told = json.loads((SHARED_FOLDER / "webhooks" / "mapping.json").read_text())["events"]
    names = {event["name"] for event in told}
    # Of products and of mailings, nobody's.
    of_nobody = {"Product Created", "Product Updated", "Inventory Updated", "Coupon Created"}
    assert names - COUNTED_EVENT_TYPES == of_nobody | {"Campaign Sent"}
    assert len(COUNTED_EVENT_TYPES) < 100  # a profile stays small
