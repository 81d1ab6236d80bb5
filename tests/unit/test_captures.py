"""Deliveries captured from the real senders, where they are at hand: beside the checkout, never in it."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from regulars.channels import form, shopify
from regulars.channels.contract import Channel, Request
from regulars.channels.segment import translate_message
from regulars.domain.errors import InvalidEventError, SignatureError

SHARED = Path(__file__).parents[2].parent / "shared"
FIXTURES = SHARED / "webhooks" / "fixtures" / "shopify"
CHANNELS: dict[str, Channel] = {"shopify": shopify, "html-form": form}
NOW = datetime(2026, 11, 22, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the captures are not at hand")


def vectors() -> list[dict[str, Any]]:
    path = SHARED / "webhooks" / "vectors.json"
    listed = json.loads(path.read_text())["vectors"] if path.exists() else []
    return [vector for vector in listed if vector["provider"] in CHANNELS]


def calls() -> list[Any]:
    lines = [
        line
        for path in sorted((SHARED / "tracking" / "wire").glob("*.jsonl"))
        for line in path.open()
    ]
    return [call for call in map(json.loads, lines) if call["m"] == "POST" and call["body"]]


def messages(call: dict[str, Any]) -> list[dict[str, Any]]:
    body = call["body"]
    kinds = {"t": "track", "i": "identify", "p": "page", "s": "screen", "g": "group", "a": "alias"}
    name = call["p"].rpartition("/")[2]
    listed: list[dict[str, Any]] = body.get("batch", [{"type": kinds.get(name[:1])} | body])
    return listed


def request_of(vector: dict[str, Any]) -> Request:
    sent = vector["request"]
    return Request(
        "src_1",
        base64.b64decode(sent["body_b64"]),
        datetime.fromtimestamp(vector["now"], UTC),
        {name.lower(): value for name, value in sent["headers"].items()},
        dict(parse_qsl(urlsplit(sent["url"]).query)),
    )


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector["id"])
def test_signature_is_judged_as_the_provider_judges_it(vector: dict[str, Any]) -> None:
    verdict = ("accept", "")
    try:
        request = request_of(vector)
        CHANNELS[vector["provider"]].verify(request, vector["secrets"], request.received_at)
    except SignatureError as refused:
        verdict = ("reject", refused.reason)
    assert verdict == (vector["expect"]["verdict"], vector["expect"]["reason"])


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.json")), ids=lambda path: path.stem)
def test_shopify_resource_is_an_event_or_an_unknown_topic(path: Path) -> None:
    topic = path.stem.partition(".")[0].replace("_", "/", 1)
    headers = {"x-shopify-topic": topic, "x-shopify-shop-domain": "a.example"}
    request = Request("main", path.read_bytes(), NOW, headers, default_currency="USD")
    if topic not in shopify.TOPICS:
        with pytest.raises(InvalidEventError, match="topic"):
            shopify.translate(request)
        return
    (draft,) = shopify.translate(request)
    assert draft.event.type == shopify.TOPICS[topic][0]
    assert "@" not in str(draft.event)


@pytest.mark.parametrize("call", calls(), ids=lambda call: call["p"])
def test_every_message_an_sdk_sends_is_understood(call: dict[str, Any]) -> None:
    for message in messages(call):
        draft = translate_message(
            msgspec.json.encode(message), Request("web", b"", NOW, default_currency="USD")
        )
        assert draft.identifiers
        assert "a@b.c" not in str(draft.event)
