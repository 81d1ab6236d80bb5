"""Store which dataset is scored, so that many starts of one scoring become one scoring."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import msgspec

from regulars.domain.times import to_text
from regulars.store import schema

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# A scoring that has not ended by then has crashed: a function runs for 15 minutes at most.
MAX_SCORING_TIME = timedelta(minutes=16)
_CLAIM_CONDITION = (
    "attribute_not_exists(id) OR dataset_id < :dataset_id OR (dataset_id = :dataset_id AND ("
    "missing_models <> :missing_models OR (ended_at = :none AND (request_id = :request_id OR started_at < :crashed))))"
)


class Scoring(msgspec.Struct, frozen=True, kw_only=True):
    """The scoring of one dataset.

    `missing_models` names the models whose training has not ended, `request_id` the invocation that scores; `ended_at`
    is '' while it does. Times are RFC 3339 texts.
    """

    dataset_id: str
    missing_models: str
    request_id: str
    started_at: str
    ended_at: str = ""


class Scorings:
    """The control item of the last scoring."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or boto3.client("dynamodb")

    def claim(self, scoring: Scoring, now: datetime) -> bool:
        """Store a scoring that begins; return False when it has ended, when it runs, or when a newer dataset is scored.

        A retry of Lambda has the request id of the first attempt, and may go on at once.
        """
        values = {
            ":dataset_id": scoring.dataset_id,
            ":missing_models": scoring.missing_models,
            ":request_id": scoring.request_id,
            ":crashed": to_text(now - MAX_SCORING_TIME),
            ":none": "",
        }
        return self._put(scoring, _CLAIM_CONDITION, values)

    def end(self, scoring: Scoring, now: datetime) -> None:
        """Store that a scoring ended, unless another one has begun meanwhile."""
        ended = msgspec.structs.replace(scoring, ended_at=to_text(now))
        values = {":dataset_id": scoring.dataset_id, ":request_id": scoring.request_id}
        self._put(ended, "dataset_id = :dataset_id AND request_id = :request_id", values)

    def _put(self, scoring: Scoring, condition: str, values: dict[str, str]) -> bool:
        item = {"id": schema.SCORING_ID} | msgspec.structs.asdict(scoring)
        arguments: dict[str, Any] = {
            "Item": {name: {"S": value} for name, value in item.items()},
            "ExpressionAttributeValues": {name: {"S": value} for name, value in values.items()},
        }
        try:
            self._client.put_item(TableName=self._table, ConditionExpression=condition, **arguments)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True
