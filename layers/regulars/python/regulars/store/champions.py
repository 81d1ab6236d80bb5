"""Store which version of each model scores now: one pointer per model, moved by compare-and-swap."""

from typing import TYPE_CHECKING, Any

import boto3

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.manifests import Champion
from regulars.store import schema

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Champions:
    """The champion pointers in the control table."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or boto3.client("dynamodb")

    def find_champion(self, model: str) -> Champion | None:
        """Return the champion, strongly consistent; None before the first promotion."""
        key: dict[str, Any] = {"id": {"S": schema.champion_id(model)}}
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get(
            "Item"
        )
        return _champion_from_item(item) if item else None

    def promote_version(
        self, model: str, version: str, manifest_sha256: str, expected: Champion | None
    ) -> Champion:
        """Move the pointer from `expected` to `version`; raise ConcurrentUpdateError when it has moved already."""
        champion = Champion(
            version=version,
            manifest_sha256=manifest_sha256,
            rev=expected.rev + 1 if expected else 1,
            previous=expected.version if expected else "",
        )
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(id)"}
        if expected:
            condition = {
                "ConditionExpression": "rev = :rev",
                "ExpressionAttributeValues": {":rev": {"N": str(expected.rev)}},
            }
        try:
            self._client.put_item(
                TableName=self._table, Item=_champion_item(model, champion), **condition
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise ConcurrentUpdateError(f"Another {model} model was promoted meanwhile.") from None
        return champion


def _champion_item(model: str, champion: Champion) -> dict[str, Any]:
    return {
        "id": {"S": schema.champion_id(model)},
        "version": {"S": champion.version},
        "manifest_sha256": {"S": champion.manifest_sha256},
        "rev": {"N": str(champion.rev)},
        "previous": {"S": champion.previous},
    }


def _champion_from_item(item: dict[str, Any]) -> Champion:
    return Champion(
        version=item["version"]["S"],
        manifest_sha256=item["manifest_sha256"]["S"],
        rev=int(item["rev"]["N"]),
        previous=item["previous"]["S"],
    )
