"""Store how far each import has come, so that the next run continues where the last one stopped."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import msgspec

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.times import to_text
from regulars.store import schema

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


type Clock = Callable[[], datetime]


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The progress of one import of the object with this `etag`.

    `state` is the import's own JSON. `rev` counts the saves and is 0 before the first one; `saved_at` is the time of the
    last one, '' for one of an earlier version.
    """

    key: str
    etag: str
    rows: int = 0
    state: str = "{}"
    rev: int = 0
    saved_at: str = ""


class Checkpoints:
    """The checkpoints of imports in the control table."""

    def __init__(
        self,
        table: str,
        client: "DynamoDBClient | None" = None,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        self._table = table
        self._clock = clock
        self._client = client or boto3.client("dynamodb")

    def read_checkpoint(self, key: str) -> Checkpoint | None:
        """Return the checkpoint of an object key, strongly consistent; None when there is none."""
        table_key = _checkpoint_key(key)
        response = self._client.get_item(TableName=self._table, Key=table_key, ConsistentRead=True)
        item = response.get("Item")
        if not item:
            return None
        return Checkpoint(
            key=key,
            etag=item["etag"]["S"],
            rows=int(item["rows"]["N"]),
            state=item["state"]["S"],
            rev=int(item["rev"]["N"]),
            saved_at=item["saved_at"]["S"] if "saved_at" in item else "",
        )

    def save_checkpoint(self, checkpoint: Checkpoint) -> Checkpoint:
        """Save over the revision that was read; raise ConcurrentUpdateError when another run has saved since."""
        saved_at = to_text(self._clock())
        saved = msgspec.structs.replace(checkpoint, rev=checkpoint.rev + 1, saved_at=saved_at)
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_build_item(saved),
                ConditionExpression="attribute_not_exists(id) OR rev = :rev",
                ExpressionAttributeValues={":rev": {"N": str(checkpoint.rev)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise ConcurrentUpdateError("The same file is being imported by another run.") from None
        return saved


def _build_item(checkpoint: Checkpoint) -> dict[str, Any]:
    return _checkpoint_key(checkpoint.key) | {
        "etag": {"S": checkpoint.etag},
        "rows": {"N": str(checkpoint.rows)},
        "state": {"S": checkpoint.state},
        "rev": {"N": str(checkpoint.rev)},
        "saved_at": {"S": checkpoint.saved_at},
    }


def _checkpoint_key(key: str) -> dict[str, Any]:
    return {"id": {"S": schema.import_id(key)}}
