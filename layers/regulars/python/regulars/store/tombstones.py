"""Store which subjects were erased, and when: in one partition of the PROFILES table, so that one query reads them all."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from regulars.domain.timed_cache import TimedCache
from regulars.domain.tombstones import Tombstones
from regulars.store import schema
from regulars.store.clients import create_dynamodb_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# An erasure waits longer than this before it removes what containers without its tombstone may still have written.
CACHE_SECONDS = 20.0


class TombstoneStore:
    """The tombstones in the PROFILES table; a container keeps them for 20 seconds."""

    def __init__(
        self,
        table: str,
        client: "DynamoDBClient | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()
        self._cache = TimedCache[Tombstones](CACHE_SECONDS, clock)

    def read_tombstones(self) -> Tombstones:
        """Return all tombstones, as they were within the last 20 seconds."""
        return self._cache.get(schema.TOMBSTONES_KEY, self._read)

    def write_tombstones(self, erased_at: Mapping[str, str]) -> None:
        """Store the time of erasure of each subject, unless a later one is stored."""
        self._cache.forget(schema.TOMBSTONES_KEY)
        for subject, at in erased_at.items():
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item={**_tombstone_key(subject), "erased_at": {"S": at}},
                    ConditionExpression="attribute_not_exists(erased_at) OR erased_at < :at",
                    ExpressionAttributeValues={":at": {"S": at}},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                continue

    def write_worthless(self, subjects: Iterable[str]) -> None:
        """Store that subjects, which events of erased people name, name nobody."""
        for subject in subjects:
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=_tombstone_key(subject),
                    ConditionExpression="attribute_not_exists(erased_at)",
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                continue

    def forget_cached(self) -> None:
        """Read the tombstones anew at the next use."""
        self._cache.forget(schema.TOMBSTONES_KEY)

    def _read(self, key: str) -> Tombstones:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="profile_id = :id",
            ExpressionAttributeValues={":id": {"S": key}},
        )
        erased_at, worthless = {}, set()
        for item in (item for page in pages for item in page["Items"]):
            subject = item["sk"]["S"]
            if "erased_at" in item:
                erased_at[subject] = item["erased_at"]["S"]
            else:
                worthless.add(subject)
        return Tombstones(erased_at, frozenset(worthless))


def _tombstone_key(subject: str) -> dict[str, Any]:
    return {"profile_id": {"S": schema.TOMBSTONES_KEY}, "sk": {"S": subject}}
