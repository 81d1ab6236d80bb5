"""What the last training published for everybody: segments and popular products, kept for a minute in the container."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.domain.timed_cache import TimedCache
from regulars.store.clients import dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEGMENTS = "segments"
POPULAR = "popular"
CACHE_SECONDS = 60


class Published:
    """The lists in the control table."""

    def __init__(
        self,
        table: str,
        client: "DynamoDBClient | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table = table
        self._client = client or dynamodb()
        self._cache = TimedCache[list[Any]](CACHE_SECONDS, clock)

    def segments(self) -> list[dict[str, Any]]:
        """Every segment: name, scheme, title, description, size; none before the first training."""
        return self._cache.get(SEGMENTS, self._read)

    def popular(self) -> list[tuple[str, float]]:
        """Product ids and scores, best first; none before the first training."""
        return self._cache.get(POPULAR, self._read)

    def _read(self, id_: str) -> list[Any]:
        item = self._client.get_item(TableName=self._table, Key={"id": {"S": id_}}).get("Item")
        return list(msgspec.json.decode(item[id_]["S"])) if item else []
