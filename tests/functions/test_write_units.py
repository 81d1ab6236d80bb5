"""The write units of an event over all functions, counted from the sizes of the written items."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import pytest
from botocore.client import BaseClient

from regulars.domain.events import decode_event
from regulars.settings import TrackEventsSettings, UpdateProfilesSettings
from regulars.store import schema
from regulars.store.api_keys import ApiKeys
from tests.support.aws import MotoStack
from tests.support.gateway import http_event, load_handler
from tests.support.stream_records import build_insert_record, build_stream_event

TRANSACTION_UNITS = 2  # for each started KB of an item that a transaction writes
EVENT_TIME = "2026-11-01T10:00:00.000Z"
BASIC_MESSAGE = {"Authorization": "Basic " + b64encode(b"wk_test:").decode()}
CONTEXT = {
    "library": {"name": "analytics.js", "version": "next-1.70.0"},
    "locale": "en-GB",
    "timezone": "Europe/London",
    "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
    "page": {
        "path": "/products/teapot",
        "referrer": "https://www.google.com/",
        "title": "Teapot, blue - The Shop",
        "url": "https://shop.example.com/products/teapot?utm_source=google&utm_medium=cpc",
    },
}
ORDER_LINE = {
    "product_id": "22423",
    "name": "REGENCY CAKESTAND 3 TIER",
    "price": 12.75,
    "quantity": 2,
}


@dataclass
class WriteBill:
    """The write units by table, and the bytes of the largest item of each kind."""

    units: dict[str, int] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)

    def add_item(self, table_name: str, item: dict[str, Any], units: int = 1) -> None:
        """Count one written item: `units` for each started KB, and one for its entry in an index of keys."""
        name = table_name.removeprefix("test-")
        size = sum(len(key) + attribute_size(value) for key, value in item.items())
        indexes = next(table.indexes for table in schema.TABLES if table.name == name)
        entries = sum(index.partition_key in item for index in indexes)
        self.units[name] = self.units.get(name, 0) + units * ceil(size / 1024) + entries
        kind = item.get("sk", {"S": name})["S"].partition("#")[0]
        self.bytes[kind] = max(size, self.bytes.get(kind, 0))


def attribute_size(value: dict[str, Any]) -> int:
    """Return DynamoDB's size of an attribute value."""
    ((kind, content),) = value.items()
    if kind == "L":
        return 3 + sum(1 + attribute_size(element) for element in content)
    return (len(content) + 1) // 2 + 1 if kind == "N" else len(content)


@contextmanager
def count_writes(monkeypatch: pytest.MonkeyPatch) -> Iterator[WriteBill]:
    """Count every write of any client inside this context."""
    bill, call = WriteBill(), BaseClient._make_api_call  # type: ignore[attr-defined]

    def count_call(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        response = call(client, operation, arguments)
        units = TRANSACTION_UNITS if operation == "TransactWriteItems" else 1
        for table, item in list_written_items(client, operation, arguments):
            bill.add_item(table, item, units)
        return response

    with monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", count_call)
        yield bill


def list_written_items(
    client: Any, operation: str, arguments: dict[str, Any]
) -> Iterator[tuple[str, Any]]:
    """Yield the items that a call wrote, with their table."""
    if operation == "PutItem":
        yield arguments["TableName"], arguments["Item"]
    if operation == "UpdateItem":
        key = {name: arguments[name] for name in ("TableName", "Key")}
        yield arguments["TableName"], client.get_item(**key)["Item"]
    for action in arguments.get("TransactItems", ()):
        put = action["Put"]
        yield put["TableName"], put["Item"]
    for table, requests in arguments.get("RequestItems", {}).items():
        if operation == "BatchWriteItem":
            yield from ((table, request["PutRequest"]["Item"]) for request in requests)


@dataclass
class TrackedVisitor:
    """The messages of a visitor through the tracking API and the stream."""

    aws: MotoStack
    track: Callable[..., Any]
    update: Callable[..., Any]
    sent: int = 0

    def send_message(self, type_: str, **message: Any) -> None:
        known = {item["event_id"]["S"] for item in self.scan_events()}
        self.sent += 1
        at = f"2026-11-01T10:{self.sent // 60:02}:{self.sent % 60:02}.000Z"
        body = {"messageId": f"ajs-{self.sent}", "timestamp": at, "context": CONTEXT, **message}
        assert (
            self.track(http_event(f"/v1/{type_}", body, BASIC_MESSAGE), None)["statusCode"] == 200
        )
        new = [item for item in self.scan_events() if item["event_id"]["S"] not in known]
        records = [build_insert_record(decode_event(item["event"]["S"])) for item in new]
        self.update(build_stream_event(*records), None)

    def scan_events(self) -> list[dict[str, Any]]:
        return list(self.aws.dynamodb.scan(TableName="test-events")["Items"])


@pytest.fixture
def shop(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> TrackedVisitor:
    ApiKeys("test-control", aws.dynamodb).register_key(
        "wk_test", "browser", "the shop", "web", EVENT_TIME
    )
    track = load_handler("track_events", aws.build_settings(TrackEventsSettings), monkeypatch)
    update = load_handler(
        "update_profiles", aws.build_settings(UpdateProfilesSettings), monkeypatch
    )
    return TrackedVisitor(aws, track.handler, update.handler)


VISITOR = {"anonymousId": "5f0a1c9e-8f0e-4d53-a1f4-2f3a52b6c0de"}
ANN_SUBJECT = VISITOR | {"userId": "ann-17"}
ANN_TRAITS = {"email": "ann@example.com", "firstName": "Ann", "address": {"country": "GB"}}


def build_order_message(number: int, **message: Any) -> dict[str, Any]:
    order = {"order_id": str(number), "total": 25.5, "currency": "GBP", "products": [ORDER_LINE]}
    return {"event": "Order Completed", "properties": order, **message}


def introduce_ann(shop: TrackedVisitor) -> None:
    """Let Ann sign up and buy, so that her profile is complete."""
    shop.send_message("identify", **ANN_SUBJECT, traits=ANN_TRAITS)
    shop.send_message("track", **build_order_message(1, **ANN_SUBJECT))


def test_page_view_of_a_new_visitor_costs_four_units(
    shop: TrackedVisitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with count_writes(monkeypatch) as bill:
        shop.send_message("page", **VISITOR)
    assert bill.units == {"events": 2, "profiles": 2}


def test_page_view_of_a_known_person_costs_three_units(
    shop: TrackedVisitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    introduce_ann(shop)
    with count_writes(monkeypatch) as bill:
        shop.send_message("page", **ANN_SUBJECT)
    assert bill.units == {"events": 2, "profiles": 1}


def test_order_of_a_known_person_costs_four_units(
    shop: TrackedVisitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    introduce_ann(shop)
    with count_writes(monkeypatch) as bill:
        shop.send_message("track", **build_order_message(2, **ANN_SUBJECT))
    assert bill.units == {"events": 2, "profiles": 2}


def test_new_contact_is_stored_in_the_transaction_of_its_event(
    shop: TrackedVisitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    introduce_ann(shop)
    with count_writes(monkeypatch) as bill:
        shop.send_message("identify", **ANN_SUBJECT, traits={"firstName": "Anna"})
    assert bill.units == {"events": 3, "contacts": 2, "profiles": 1}


def test_contact_that_was_just_stored_costs_nothing(
    shop: TrackedVisitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    introduce_ann(shop)
    with count_writes(monkeypatch) as bill:
        for _ in range(2):
            shop.send_message("identify", **ANN_SUBJECT, traits={"firstName": "Anna"})
    assert bill.units == {"events": 5, "contacts": 2, "profiles": 2}


def test_events_of_a_known_person_cost_less_than_four_units_in_the_long_run(
    shop: TrackedVisitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    introduce_ann(shop)
    with count_writes(monkeypatch) as bill:
        for number in range(2, 22):
            shop.send_message("page", **ANN_SUBJECT)
            order = build_order_message(number, **ANN_SUBJECT)
            shop.send_message("track", **order, context=CONTEXT | {"traits": ANN_TRAITS})
    assert sum(bill.units.values()) / 40 <= 3.6
    assert bill.bytes["profile"] <= 1024
