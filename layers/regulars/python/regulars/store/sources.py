"""Store the webhook sources that a shop has connected; a container keeps each for seconds."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.domain.timed_cache import TimedCache
from regulars.store import schema
from regulars.store.clients import create_dynamodb_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Within this time every container refuses a disabled source; one read in ten seconds costs next to nothing.
CACHE_SECONDS = 10.0


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One account of a channel: `source` is the id in its URL, `config` the settings that its channel needs."""

    channel: str
    source: str
    config: dict[str, Any] = {}
    disabled: bool = False


class Sources:
    """The sources in the control table."""

    def __init__(
        self,
        table: str,
        client: "DynamoDBClient | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()
        self._cache = TimedCache[Source | None](CACHE_SECONDS, clock)

    def save_source(self, source: Source) -> None:
        """Store a new or a changed source."""
        item: dict[str, Any] = {
            "id": {"S": schema.source_id(source.channel, source.source)},
            "channel": {"S": source.channel},
            "source": {"S": source.source},
            "config": {"S": msgspec.json.encode(source.config).decode()},
            "disabled": {"BOOL": source.disabled},
        }
        self._client.put_item(TableName=self._table, Item=item)

    def find_source(self, channel: str, source: str) -> Source | None:
        """Return the source, disabled or not; None when it does not exist."""
        return self._cache.get(schema.source_id(channel, source), self._read_source)

    def renew_source(self, channel: str, source: str) -> Source | None:
        """Read and return the source again, at most once in half a minute."""
        return self._cache.renew(schema.source_id(channel, source), self._read_source)

    def list_sources(self) -> list[Source]:
        """Return all sources, disabled ones included, by channel and name.

        This scans the whole control table, so only the owner's commands call it.
        """
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="begins_with(id, :prefix)",
            ExpressionAttributeValues={":prefix": {"S": schema.SOURCE_PREFIX}},
        )
        sources = [_source_from_item(item) for page in pages for item in page["Items"]]
        return sorted(sources, key=lambda source: (source.channel, source.source))

    def _read_source(self, id_: str) -> Source | None:
        item = self._client.get_item(TableName=self._table, Key={"id": {"S": id_}}).get("Item")
        return _source_from_item(item) if item else None


def _source_from_item(item: Mapping[str, Any]) -> Source:
    config = msgspec.json.decode(item.get("config", {"S": "{}"})["S"], type=dict[str, Any])
    return Source(
        channel=item["channel"]["S"],
        source=item["source"]["S"],
        config=config,
        disabled=item.get("disabled", {"BOOL": False})["BOOL"],
    )
