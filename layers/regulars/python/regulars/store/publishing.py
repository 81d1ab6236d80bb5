"""What the last scoring tells everybody: segments with their sizes, and what is popular."""

from typing import TYPE_CHECKING, Any

import boto3
import msgspec

from regulars.store.published import POPULAR, SEGMENTS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Publishing:
    """The lists in the control table, for whoever scores."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or boto3.client("dynamodb")

    def segments(self, segments: list[dict[str, Any]], as_of: str) -> None:
        """Publish name, scheme, title, description and size of every segment."""
        self._put(SEGMENTS, segments, as_of)

    def popular(self, products: list[tuple[str, float]], as_of: str) -> None:
        """Publish product ids and scores, best first."""
        self._put(POPULAR, products, as_of)

    def _put(self, id_: str, content: list[Any], as_of: str) -> None:
        text = msgspec.json.encode(content).decode()
        try:
            self._client.put_item(
                TableName=self._table,
                Item={"id": {"S": id_}, id_: {"S": text}, "as_of": {"S": as_of}},
                ConditionExpression="attribute_not_exists(as_of) OR as_of <= :as_of",
                ExpressionAttributeValues={":as_of": {"S": as_of}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # somebody knew more already
