"""Publish the lists that are the same for everybody, segments and popular products, and read them again."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.domain.timed_cache import TimedCache
from regulars.store.clients import create_dynamodb_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEGMENTS_ID = "segments"
POPULAR_ID = "popular"
WEIGHTS_ID = "weights"
CACHE_SECONDS = 60.0


def member_key(segment: Mapping[str, Any]) -> str:
    """Return the key of a published segment's members; a segment that was published without an id has its name there."""
    return f"{segment['scheme']}:{segment.get('id') or segment['name']}"


class PublishedLists:
    """The lists in the control table; a container keeps what it read for a minute."""

    def __init__(
        self,
        table: str,
        client: "DynamoDBClient | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()
        self._cache = TimedCache[list[Any]](CACHE_SECONDS, clock)

    def read_segments(self) -> list[dict[str, Any]]:
        """Return every segment with id, name, scheme, title, description and size; none before the first scoring."""
        return self._cache.get(SEGMENTS_ID, self._read)

    def read_popular_products(self) -> list[tuple[str, float]]:
        """Return pairs of product id and score, best first; none before the first scoring."""
        return self._cache.get(POPULAR_ID, self._read)

    def read_weights(self) -> dict[str, float]:
        """Return the weight of each part of a recommendation score; none before the first scoring."""
        return dict(self._cache.get(WEIGHTS_ID, self._read))

    def publish_segments(self, segments: list[dict[str, Any]], as_of: str) -> None:
        """Store id, name, scheme, title, description and size of every segment, unless a later list is stored."""
        self._write(SEGMENTS_ID, segments, as_of)

    def publish_popular_products(self, products: list[tuple[str, float]], as_of: str) -> None:
        """Store pairs of product id and score, best first, unless a later list is stored."""
        self._write(POPULAR_ID, products, as_of)

    def publish_weights(self, weights: Mapping[str, float], as_of: str) -> None:
        """Store the weight of each part of a recommendation score, unless later weights are stored."""
        self._write(WEIGHTS_ID, list(weights.items()), as_of)

    def _read(self, list_id: str) -> list[Any]:
        key = {"id": {"S": list_id}}
        item = self._client.get_item(TableName=self._table, Key=key).get("Item")
        return list(msgspec.json.decode(item[list_id]["S"])) if item else []

    def _write(self, list_id: str, content: list[Any], as_of: str) -> None:
        self._cache.forget(list_id)
        text = msgspec.json.encode(content).decode()
        try:
            self._client.put_item(
                TableName=self._table,
                Item={"id": {"S": list_id}, list_id: {"S": text}, "as_of": {"S": as_of}},
                ConditionExpression="attribute_not_exists(as_of) OR as_of <= :as_of",
                ExpressionAttributeValues={":as_of": {"S": as_of}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # a later scoring has published already
