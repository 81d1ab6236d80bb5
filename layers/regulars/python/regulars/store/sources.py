"""The webhook sources a shop has set up, known again for seconds without asking the table."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.domain.timed_cache import TimedCache
from regulars.store import schema
from regulars.store.clients import dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# So soon a disabled source is refused everywhere; one read in ten seconds costs next to nothing.
CACHE_SECONDS = 10.0


class Source(msgspec.Struct, frozen=True):
    """One account of a channel: `source` is the id in its URL, `config` what its channel needs to know."""

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
        self._client = client or dynamodb()
        self._cache = TimedCache[Source | None](CACHE_SECONDS, clock)

    def save(self, source: Source) -> None:
        """Set a source up, or change it."""
        item: dict[str, Any] = {
            "id": {"S": schema.source_id(source.channel, source.source)},
            "channel": {"S": source.channel},
            "source": {"S": source.source},
            "config": {"S": msgspec.json.encode(source.config).decode()},
            "disabled": {"BOOL": source.disabled},
        }
        self._client.put_item(TableName=self._table, Item=item)

    def find(self, channel: str, source: str) -> Source | None:
        """The source, None when there is none or it is disabled."""
        return self._cache.get(schema.source_id(channel, source), self._read)

    def renewed(self, channel: str, source: str) -> Source | None:
        """The source as it is now, read at most once in half a minute."""
        return self._cache.renew(schema.source_id(channel, source), self._read)

    def list(self) -> list[Source]:
        """All sources, disabled ones too, by channel and name. Reads the whole table: for the owner's hand."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="begins_with(id, :prefix)",
            ExpressionAttributeValues={":prefix": {"S": schema.SOURCE_PREFIX}},
        )
        found = [_source(item) for page in pages for item in page["Items"]]
        return sorted(found, key=lambda source: (source.channel, source.source))

    def _read(self, id_: str) -> Source | None:
        item = self._client.get_item(TableName=self._table, Key={"id": {"S": id_}}).get("Item")
        found = _source(item) if item else None
        return None if found is None or found.disabled else found


def _source(item: Mapping[str, Any]) -> Source:
    config = msgspec.json.decode(item.get("config", {"S": "{}"})["S"], type=dict[str, Any])
    disabled = item.get("disabled", {"BOOL": False})["BOOL"]
    return Source(item["channel"]["S"], item["source"]["S"], config, disabled)
