"""Remember which trusted sources report orders, and on which day each did last: one item of the control table."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from regulars.domain.timed_cache import TimedCache
from regulars.store import schema
from regulars.store.clients import create_dynamodb_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CACHE_SECONDS = 60.0
_TABLE_KEY = {"id": {"S": schema.ORDER_SOURCES_ID}}


class OrderSources:
    """The days, as `YYYY-MM-DD`, on which sources (`shopify/main`) last reported an order."""

    def __init__(
        self,
        table: str,
        client: "DynamoDBClient | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()
        self._cache = TimedCache[dict[str, str]](CACHE_SECONDS, clock)
        self._stored_days: dict[str, str] = {}

    def record_reports(self, sources: Iterable[str], day: str) -> None:
        """Record that these sources reported an order on this day; write once a day for each source.

        A container reads the item before its first write of a day: most containers receive a few orders, and a write costs
        five times a read.
        """
        for source in sources:
            if self._stored_days.get(source, "") >= day:
                continue
            if self._read_cached_days().get(source, "") < day:
                self._store_day(source, day)
            self._stored_days[source] = day

    def list_reporters(self, since_day: str) -> list[str]:
        """Return the sources that reported an order on this day or later, as of at most a minute ago."""
        days = self._read_cached_days().items()
        return sorted(source for source, day in days if day >= since_day)

    def _store_day(self, source: str, day: str) -> None:
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=_TABLE_KEY,
                UpdateExpression="SET #source = :day",
                ConditionExpression="attribute_not_exists(#source) OR #source < :day",
                ExpressionAttributeNames={"#source": source},
                ExpressionAttributeValues={":day": {"S": day}},
            )
        self._cache.forget(schema.ORDER_SOURCES_ID)

    def _read_cached_days(self) -> dict[str, str]:
        return self._cache.get(schema.ORDER_SOURCES_ID, self._read_days)

    def _read_days(self, _name: str) -> dict[str, str]:
        item = self._client.get_item(TableName=self._table, Key=_TABLE_KEY).get("Item", {})
        return {name: value["S"] for name, value in item.items() if name != "id"}
