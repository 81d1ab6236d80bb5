"""What the last training published for everybody: segments and popular products, kept for a minute in the container."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.store.cache import Remembered
from regulars.store.clients import dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEGMENTS = "segments"
POPULAR = "popular"
KEPT_SECONDS = 60


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
        self._remembered = Remembered(self._read, KEPT_SECONDS, clock)

    def segments(self) -> list[dict[str, Any]]:
        """Every segment: name, scheme, title, description, size; none before the first training."""
        return self._remembered.get(SEGMENTS)

    def popular(self) -> list[tuple[str, float]]:
        """Product ids and scores, best first; none before the first training."""
        return self._remembered.get(POPULAR)

    def _read(self, id_: str) -> list[Any]:
        item = self._client.get_item(TableName=self._table, Key={"id": {"S": id_}}).get("Item")
        return list(msgspec.json.decode(item[id_]["S"])) if item else []
