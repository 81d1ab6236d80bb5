"""How far each import has come, so that the next run goes on where the last one stopped."""

from typing import TYPE_CHECKING, Any

import boto3
import msgspec

from regulars.domain.errors import ConcurrentUpdateError
from regulars.store import schema

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Checkpoint(msgspec.Struct, frozen=True):
    """One import: of the object with this `etag`; `state` is the import's own JSON, `rev` 0 before the first save."""

    key: str
    etag: str
    rows: int = 0
    state: str = "{}"
    rev: int = 0


class Checkpoints:
    """The imports in the control table."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or boto3.client("dynamodb")

    def read(self, key: str) -> Checkpoint | None:
        """The checkpoint of an object key, strongly consistent."""
        found = self._client.get_item(TableName=self._table, Key=_id(key), ConsistentRead=True)
        item = found.get("Item")
        if not item:
            return None
        texts, numbers = (
            {name: item[name]["S"] for name in ("etag", "state")},
            {name: int(item[name]["N"]) for name in ("rows", "rev")},
        )
        return msgspec.convert({"key": key, **texts, **numbers}, Checkpoint)

    def save(self, checkpoint: Checkpoint) -> Checkpoint:
        """Save over the revision it was read at; ConcurrentUpdateError when another run has saved since."""
        item: dict[str, Any] = _id(checkpoint.key) | {
            "etag": {"S": checkpoint.etag},
            "rows": {"N": str(checkpoint.rows)},
            "state": {"S": checkpoint.state},
            "rev": {"N": str(checkpoint.rev + 1)},
        }
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(id) OR rev = :rev",
                ExpressionAttributeValues={":rev": {"N": str(checkpoint.rev)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise ConcurrentUpdateError("The same file is being imported by another run.") from None
        return msgspec.structs.replace(checkpoint, rev=checkpoint.rev + 1)


def _id(key: str) -> dict[str, Any]:
    return {"id": {"S": schema.import_id(key)}}
