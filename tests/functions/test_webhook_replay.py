"""Webhook deliveries that were refused or set aside, received again with today's secrets and code."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from regulars.admin.rejects import count_rejects, find_rejects
from regulars.admin.source_connection import ConnectionRequest, connect_source
from regulars.admin.sources import SourceStores, rotate_secret
from regulars.channels.contract import Request
from regulars.store.rejects import Rejects
from tests.functions.conftest import Deliver, StackTables
from tests.support import shopify_deliveries as shopify
from tests.support.aws import MotoStack
from tests.support.deployment import API_URL, build_deployment
from tests.support.replays import replay_source

NOW = datetime(2026, 11, 20, tzinfo=UTC)
TOPICS = "regulars.channels.commerce.shopify.webhook.TOPICS"

type Door = Callable[[Request], int]


@pytest.fixture
def stores(aws: MotoStack) -> SourceStores:
    return SourceStores.from_deployment(build_deployment())


@pytest.fixture
def door(deliver: Deliver) -> Door:
    """Gives a request to the receiving function, and returns the status."""
    return lambda request: int(deliver(request)["statusCode"])


def connect(stores: SourceStores, channel: str, secret: str = "") -> str:
    """Connect the source `main` of a channel, and return its generated secret."""
    request = ConnectionRequest(channel=channel, name="main", secret=secret)
    return connect_source(stores, request).generated_secret


def order(topic: str = "orders/paid", secret: str = shopify.SECRET) -> Request:
    """A delivery of the sample order."""
    body = json.dumps(shopify.build_order()).encode()
    url = f"{API_URL}/hooks/shopify/main"
    return Request(
        source="main",
        body=body,
        received_at=NOW,
        headers=shopify.build_headers(body, topic),
        url=url,
    )


def _find_today() -> date:
    return datetime.now(UTC).date()


def test_delivery_to_a_waiting_source_is_replayed_once_it_has_its_secret(
    stores: SourceStores, door: Door, tables: StackTables
) -> None:
    connect(stores, "shopify")
    assert door(order()) == 503
    assert tables.list_reject_codes() == ["source_waiting"]
    connect(stores, "shopify", shopify.SECRET)
    assert replay_source("shopify/main")["new events"] == 1


def test_delivery_that_came_before_its_secret_is_replayed_once(
    stores: SourceStores, door: Door, tables: StackTables
) -> None:
    connect(stores, "shopify")
    assert door(order()) == 503
    connect(stores, "shopify", shopify.SECRET)
    assert replay_source("shopify/main") == {"received": 1, "new events": 1, "known events": 0}
    assert replay_source("shopify") == {"replayed before": 1}
    assert [event.type for event in tables.list_events()] == ["Order Completed"]


def test_delivery_refused_for_a_wrong_secret_is_replayed_with_the_right_one(
    stores: SourceStores, door: Door, tables: StackTables
) -> None:
    connect(stores, "shopify", "mistyped")
    assert door(order()) == 401
    assert replay_source("shopify/main") == {"refused again: invalid_signature": 1}
    rotate_secret(stores, "shopify", "main", shopify.SECRET)
    assert replay_source("shopify/main")["new events"] == 1
    assert len(tables.list_events()) == 1


def test_topic_understood_since_is_replayed_though_its_secret_is_gone(
    stores: SourceStores, door: Door, tables: StackTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(stores, "shopify", shopify.SECRET)
    door(order("orders/hidden"))
    for secret in ("second", "third"):
        rotate_secret(stores, "shopify", "main", secret)
    monkeypatch.setitem(_attribute(TOPICS), "orders/hidden", ("Order Updated", "updated_at"))
    assert replay_source("shopify/main")["new events"] == 1
    assert [event.type for event in tables.list_events()] == ["Order Updated"]


def test_same_delivery_refused_again_on_a_day_is_counted_once(
    stores: SourceStores, door: Door
) -> None:
    connect(stores, "shopify")
    for topic in ("orders/create", "orders/paid", "orders/paid"):
        door(order(topic))
    (count,) = count_rejects(find_rejects(Rejects("test-rejects"), _find_today()))
    # The same bytes of another topic are another reject.
    assert (count.code, count.source, count.count) == ("source_waiting", "shopify/main", 2)


def test_secrets_of_a_verified_delivery_are_not_stored(
    stores: SourceStores, aws: MotoStack, door: Door
) -> None:
    key = connect(stores, "form")
    headers = {"content-type": "application/x-www-form-urlencoded", "x-form-key": key}
    url, query = f"{API_URL}/hooks/form/main", f"key={key}&a=1"
    door(
        Request(
            source="main",
            body=b"_gotcha=1",
            received_at=NOW,
            headers=headers,
            url=url,
            raw_query=query,
        )
    )
    (item,) = aws.dynamodb.scan(TableName="test-rejects")["Items"]
    assert key not in item["delivery"]["S"]
    assert "a=1" in item["delivery"]["S"]


def test_token_of_a_verified_delivery_is_not_stored_in_a_header(
    stores: SourceStores, aws: MotoStack, door: Door
) -> None:
    token = connect(stores, "telegram")
    headers = {"x-telegram-bot-api-secret-token": token, "content-type": "application/json"}
    url = f"{API_URL}/hooks/telegram/main"
    door(Request(source="main", body=b'{"update_id":1}', received_at=NOW, headers=headers, url=url))
    (item,) = aws.dynamodb.scan(TableName="test-rejects")["Items"]
    assert '"verified":true' in item["delivery"]["S"]
    assert token not in str(item)


def _attribute(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(__import__(module, fromlist=[name]), name)
