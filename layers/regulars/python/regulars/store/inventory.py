"""Scan everything that the ledger, the people and the profiles hold: for verification, never to serve a request."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import msgspec

from regulars.domain.events import Event, decode_event
from regulars.domain.orders import Order
from regulars.domain.profiles import Profile
from regulars.store import schema
from regulars.store.profiles import (
    ORDER_PREFIX,
    order_from_item,
    profile_from_item,
    unpack_event_ids,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ProfileHoldings(msgspec.Struct, frozen=True):
    """All profiles by id, merged ones included, and all orders by profile id and order key."""

    profiles: dict[str, Profile] = {}
    orders: dict[str, dict[str, Order]] = {}


class Inventory:
    """Scans of EVENTS, PEOPLE and PROFILES; each item is read strongly consistent."""

    def __init__(
        self, events: str, people: str, profiles: str, client: "DynamoDBClient | None" = None
    ) -> None:
        self._events, self._people, self._profiles = events, people, profiles
        self._client = client or boto3.client("dynamodb")

    def scan_events(self) -> Iterator[Event]:
        """Yield the events of the ledger, in no order."""
        return (
            decode_event(item["event"]["S"]) for item in self._scan_table(self._events, "event")
        )

    def scan_pointers(self) -> dict[str, str]:
        """Return the profile id that each subject points at."""
        items = self._scan_table(self._people, "subject, profile_id")
        return {
            item["subject"]["S"]: item["profile_id"]["S"] for item in items if "profile_id" in item
        }

    def scan_holdings(self) -> ProfileHoldings:
        """Return the profiles and their orders."""
        holdings = ProfileHoldings({}, {})
        for item in self._scan_table(self._profiles):
            profile_id, sort_key = item["profile_id"]["S"], item["sk"]["S"]
            if sort_key == schema.PROFILE_SORT_KEY:
                holdings.profiles[profile_id] = profile_from_item(item)
            if sort_key.startswith(ORDER_PREFIX):
                order_key, stored = order_from_item(item)
                holdings.orders.setdefault(profile_id, {})[order_key] = stored.order
        return holdings

    def scan_counted_ids(self) -> set[str]:
        """Return the ids of all events that a profile has counted."""
        items = self._scan_table(self._profiles, "applied")
        attributes = (item["applied"] for item in items if "applied" in item)
        return {event_id for attribute in attributes for event_id in unpack_event_ids(attribute)}

    def _scan_table(self, table: str, projection: str = "") -> Iterator[dict[str, Any]]:
        options: Any = {"ProjectionExpression": projection} if projection else {}
        pages = self._client.get_paginator("scan").paginate(
            TableName=table, ConsistentRead=True, **options
        )
        return (item for page in pages for item in page["Items"])
