"""Everything the ledger, the people and the profiles hold, read from end to end: for proofs, never for an answer."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import msgspec

from regulars.domain.events import Event, decode
from regulars.domain.orders import Order
from regulars.domain.profiles import Profile
from regulars.store import schema
from regulars.store.profiles import ORDER, order_of, profile_of, unpack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Holdings(msgspec.Struct, frozen=True):
    """All profiles, merged ones too, and all orders by the profile they are stored under."""

    profiles: dict[str, Profile] = {}
    orders: dict[str, dict[str, Order]] = {}


class Inventory:
    """Scans of EVENTS, PEOPLE and PROFILES, strongly consistent item by item."""

    def __init__(
        self, events: str, people: str, profiles: str, client: "DynamoDBClient | None" = None
    ) -> None:
        self._events, self._people, self._profiles = events, people, profiles
        self._client = client or boto3.client("dynamodb")

    def events(self) -> Iterator[Event]:
        """The ledger, in no order."""
        return (decode(item["event"]["S"]) for item in self._scan(self._events, "event"))

    def pointers(self) -> dict[str, str]:
        """The profile every subject points at."""
        items = self._scan(self._people, "subject, profile_id")
        return {
            item["subject"]["S"]: item["profile_id"]["S"] for item in items if "profile_id" in item
        }

    def holdings(self) -> Holdings:
        """The profiles and their orders."""
        found = Holdings({}, {})
        for item in self._scan(self._profiles):
            sort_key = item["sk"]["S"]
            if sort_key == schema.PROFILE:
                found.profiles[item["profile_id"]["S"]] = profile_of(item)
            if sort_key.startswith(ORDER):
                key, stored = order_of(item)
                found.orders.setdefault(item["profile_id"]["S"], {})[key] = stored.order
        return found

    def counted(self) -> set[str]:
        """The ids of all events that a profile has counted."""
        items = self._scan(self._profiles, "applied")
        return {id_ for item in items if "applied" in item for id_ in unpack(item["applied"])}

    def _scan(self, table: str, projection: str = "") -> Iterator[dict[str, Any]]:
        options: Any = {"ProjectionExpression": projection} if projection else {}
        pages = self._client.get_paginator("scan").paginate(
            TableName=table, ConsistentRead=True, **options
        )
        return (item for page in pages for item in page["Items"])
