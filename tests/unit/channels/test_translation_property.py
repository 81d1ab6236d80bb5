"""Test that a channel translates any delivery to events without an address, or raises an error of the domain."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from regulars.channels.commerce.shopify import webhook as shopify
from regulars.channels.commerce.shopify.topics import TOPICS as SHOPIFY_TOPICS
from regulars.channels.contract import Channel, Draft, Request
from regulars.channels.forms import html_form
from regulars.channels.tracking.messages import translate_message
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import decode_event, encode_event
from tests.support.deliveries import allow_refusals
from tests.support.shopify_deliveries import build_order

NOW = datetime(2026, 11, 22, tzinfo=UTC)
REQUEST = Request(
    source="web", body=b"", received_at=NOW, default_country="GB", default_currency="EUR"
)
CANARY = "canary.zebedee@example.com"
TOPICS = st.sampled_from(sorted(SHOPIFY_TOPICS))

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from([CANARY, f"to {CANARY}", "2026-11-22", "9" * 40, "1e999999", "-1", "EUR"])
)
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def damage_sample(sample: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return samples with arbitrary values in some of their fields."""
    changes = st.dictionaries(st.sampled_from(sorted(sample)), json_values, min_size=1, max_size=5)
    return changes.map(lambda change: sample | change)


MESSAGE: dict[str, Any] = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m",
    "userId": "u",
    "anonymousId": "a",
    "timestamp": "2026-11-20T00:00:00Z",
    "sentAt": "2026-11-20T00:00:00Z",
    "traits": {"email": CANARY},
    "context": {"page": {"url": "https://shop.example.com/?a=1"}, "traits": {"email": CANARY}},
    "properties": {"order_id": "o", "total": 3, "products": [{"product_id": "p"}]},
}
PROPERTIES = (
    "products",
    "total",
    "currency",
    "order_id",
    "price",
    "quantity",
    "product_id",
    "name",
)


def check_draft(draft: Draft) -> None:
    """Check that the event can be stored and read back, and that it contains no address."""
    text = encode_event(draft.event)
    assert decode_event(text) == draft.event
    assert CANARY not in text.decode()


@given(
    damage_sample(MESSAGE) | json_values, st.dictionaries(st.sampled_from(PROPERTIES), json_values)
)
def test_damaged_message_is_translated_or_rejected(message: Any, extra: dict[str, Any]) -> None:
    if isinstance(message, dict) and isinstance(message.get("properties"), dict):
        message = message | {"properties": message["properties"] | extra}
    with suppress(InvalidEventError):
        check_draft(translate_message(json.dumps(message).encode(), REQUEST))


@given(st.binary(max_size=200))
def test_any_bytes_are_translated_as_a_message_or_rejected(raw: bytes) -> None:
    with suppress(InvalidEventError):
        check_draft(translate_message(raw, REQUEST))


@given(damage_sample(build_order()) | json_values, TOPICS)
def test_damaged_shopify_resource_is_translated_or_rejected(body: Any, topic: str) -> None:
    headers = {"x-shopify-topic": topic}
    request = Request(
        source="main",
        body=json.dumps(body).encode(),
        received_at=NOW,
        headers=headers,
        default_currency="EUR",
    )
    check_translation(shopify.CHANNEL, request)


form_pieces = st.sampled_from(
    [b"--b", b"--b--", b"\r\n", b'Content-Disposition: form-data; name="email"', b"=", b"&"]
)


@given(st.lists(form_pieces | st.binary(max_size=20), max_size=20).map(b"".join))
def test_any_bytes_are_translated_as_a_form_or_rejected(body: bytes) -> None:
    for kind in (
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
        "",
    ):
        check_translation(
            html_form.CHANNEL,
            Request(source="contact", body=body, received_at=NOW, headers={"content-type": kind}),
        )


def check_translation(channel: Channel, request: Request) -> None:
    with allow_refusals():
        for draft in channel.translate(request):
            check_draft(draft)
