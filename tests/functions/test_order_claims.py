"""The orders of a browser are claims when a trusted source reports the shop's orders, and count otherwise."""

import json
from typing import Any

import msgspec
import pytest

from regulars.settings import ReceiveWebhookSettings
from regulars.store.api_keys import ApiKeys, OrderPolicy
from regulars.store.sources import Source, Sources
from tests.functions.conftest import KEY_CREATED_AT, StackTables, Track
from tests.support import shopify_deliveries as shopify
from tests.support.aws import MotoStack
from tests.support.gateway import http_event, load_handler
from tests.support.replays import replay_source


def build_order(order_id: str, **changes: Any) -> dict[str, Any]:
    properties = {"order_id": order_id, "total": 12.5, "currency": "EUR"}
    message = {"userId": "u1", "event": "Order Completed", "properties": properties}
    return message | {"messageId": order_id} | changes


def list_claims(tables: StackTables) -> dict[str, bool]:
    """Return whether each order is a claim, by its key."""
    return {event.order.key: event.order.claimed for event in tables.list_events() if event.order}


def deliver_shopify_order(aws: MotoStack, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    Sources("test-control", aws.dynamodb).save_source(Source(channel="shopify", source="main"))
    aws.put_secrets("shopify/main", shopify.SECRET)
    body = json.dumps(shopify.build_order(**changes)).encode()
    settings = aws.build_settings(ReceiveWebhookSettings)
    module = load_handler("receive_webhook", settings, monkeypatch)
    event = http_event("/hooks/shopify/main", body, shopify.build_headers(body))
    assert module.handler(event, None)["statusCode"] == 200


def set_policy(aws: MotoStack, policy: OrderPolicy) -> None:
    """Give the browser key a policy for orders."""
    keys = ApiKeys("test-control", aws.dynamodb)
    key = keys.register_key("wk_browser", "browser", "", "web", KEY_CREATED_AT)
    keys._store_key(msgspec.structs.replace(key, orders=policy))


def test_orders_of_a_browser_count_when_nobody_else_reports_orders(
    track: Track, tables: StackTables
) -> None:
    track("browser", "/v1/track", build_order("o1"))
    assert list_claims(tables) == {"shop/o1": False}


def test_orders_of_a_browser_are_claims_after_a_server_reported_one(
    track: Track, tables: StackTables
) -> None:
    track("browser", "/v1/track", build_order("o1"))
    track("server", "/v1/track", build_order("o2"))
    track("browser", "/v1/track", build_order("o3"))
    track("server", "/v1/track", build_order("o3"))
    claims = [
        (event.order.key, event.order.claimed, event.trust)
        for event in tables.list_events()
        if event.order
    ]
    assert sorted(claims) == [
        ("shop/o1", False, ""),
        ("shop/o2", False, "server"),
        ("shop/o3", False, "server"),
        ("shop/o3", True, ""),
    ]


def test_orders_of_a_browser_are_claims_after_a_webhook_reported_one(
    aws: MotoStack, track: Track, tables: StackTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver_shopify_order(aws, monkeypatch)
    track("browser", "/v1/batch", {"batch": [build_order("o1", type="track")]})
    assert list_claims(tables)["shop/o1"]


def test_test_order_of_a_webhook_makes_no_claims(
    aws: MotoStack, track: Track, tables: StackTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver_shopify_order(aws, monkeypatch, test=True)
    track("browser", "/v1/track", build_order("o1"))
    assert not list_claims(tables)["shop/o1"]


@pytest.mark.parametrize("name", ["Order Updated", "Order Cancelled", "Order Refunded"])
def test_changes_of_orders_are_claims_too(track: Track, tables: StackTables, name: str) -> None:
    track("server", "/v1/track", build_order("o1"))
    track("browser", "/v1/track", build_order("o2", event=name))
    assert list_claims(tables)["shop/o2"]


@pytest.mark.parametrize(("policy", "claimed"), [("count", False), ("claim", True)])
@pytest.mark.parametrize("reporter", [True, False])
def test_policy_of_the_key_decides(
    aws: MotoStack,
    track: Track,
    tables: StackTables,
    policy: OrderPolicy,
    claimed: bool,
    reporter: bool,
) -> None:
    set_policy(aws, policy)
    if reporter:
        track("server", "/v1/track", build_order("o1"))
    track("browser", "/v1/track", build_order("o2"))
    assert list_claims(tables)["shop/o2"] is claimed


def test_policy_of_the_key_decides_after_two_replays(
    aws: MotoStack, track: Track, tables: StackTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_policy(aws, "claim")
    orders = [build_order(order_id, type="track") for order_id in ("o1", "o2")]
    for limit in (0, 3):
        with monkeypatch.context() as patch:
            # All messages are beyond the limit of the batch first, and have too long a name in the first replay.
            patch.setattr("regulars.ingestion.tracking.MAX_BATCH_MESSAGES", limit)
            patch.setattr("regulars.channels.tracking.messages.MAX_NAME_CHARACTERS", 3)
            if limit:
                replay_source("segment/web")
            else:
                track("browser", "/v1/batch", {"batch": orders})
    assert list_claims(tables) == {}
    replay_source("segment/web")
    assert list_claims(tables) == {"shop/o1": True, "shop/o2": True}


def test_decision_is_kept_when_a_browser_repeats_its_order(
    track: Track, tables: StackTables
) -> None:
    track("browser", "/v1/track", build_order("o1"))
    track("server", "/v1/track", build_order("o2"))
    track("browser", "/v1/track", build_order("o1"))
    assert list_claims(tables) == {"shop/o1": False, "shop/o2": False}
