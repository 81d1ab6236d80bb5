"""Scan everything that the ledger and the profiles hold: for verification, never to serve a request."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import boto3
import msgspec

from regulars.domain.events import Event, decode_event
from regulars.domain.profiles import SubjectProfile
from regulars.store import schema
from regulars.store.batches import TableItem, delete_items
from regulars.store.orders import OrderRecord, order_from_item
from regulars.store.profiles import (
    SubjectIdentity,
    identity_from_item,
    profile_from_item,
    unpack_event_ids,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class StoredProfiles(msgspec.Struct, frozen=True, kw_only=True):
    """All that is stored about people, scores aside: identities and profiles by subject, orders by key.

    `outdated_keys` are the keys of items that an earlier version wrote.
    """

    identities: dict[str, SubjectIdentity]
    profiles: dict[str, SubjectProfile]
    orders: dict[str, OrderRecord]
    outdated_keys: list[TableItem]

    def add_item(self, item: TableItem) -> None:
        """Add an item of the PROFILES table."""
        sort_key = item["sk"]["S"]
        if sort_key == schema.PROFILE_SORT_KEY:
            self.profiles[item["subject"]["S"]] = profile_from_item(item)
        elif sort_key == schema.IDENTITY_SORT_KEY:
            self.identities[item["subject"]["S"]] = identity_from_item(item)
        elif sort_key == schema.ORDER_SORT_KEY:
            record = order_from_item(item)
            self.orders[record.key] = record
        elif schema.is_outdated(sort_key):
            self.outdated_keys.append({name: item[name] for name in ("profile_id", "sk")})


class Inventory:
    """Scans of EVENTS and PROFILES; each item is read strongly consistent."""

    def __init__(self, events: str, profiles: str, client: "DynamoDBClient | None" = None) -> None:
        self._events, self._profiles = events, profiles
        self._client = client or boto3.client("dynamodb")

    def scan_events(self) -> Iterator[Event]:
        """Yield the events of the ledger, in no order."""
        return (
            decode_event(item["event"]["S"]) for item in self._scan_table(self._events, "event")
        )

    def scan_profiles(self) -> StoredProfiles:
        """Return all that is stored about people."""
        stored = StoredProfiles(identities={}, profiles={}, orders={}, outdated_keys=[])
        for item in self._scan_table(self._profiles):
            stored.add_item(item)
        return stored

    def delete_profile_items(self, keys: Sequence[TableItem]) -> None:
        """Delete items of the PROFILES table."""
        delete_items(self._client, self._profiles, keys)

    def scan_counted_ids(self) -> set[str]:
        """Return the ids of all events that a profile has counted."""
        items = self._scan_table(self._profiles, "sk, applied")
        attributes = (
            item["applied"]
            for item in items
            if "applied" in item and not schema.is_outdated(item["sk"]["S"])
        )
        return {event_id for attribute in attributes for event_id in unpack_event_ids(attribute)}

    def _scan_table(self, table: str, projection: str = "") -> Iterator[dict[str, Any]]:
        options: Any = {"ProjectionExpression": projection} if projection else {}
        pages = self._client.get_paginator("scan").paginate(
            TableName=table, ConsistentRead=True, **options
        )
        return (item for page in pages for item in page["Items"])
