"""Keep when each privacy request was answered, in the control table."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from regulars.store import schema
from regulars.store.batches import read_items
from regulars.store.clients import create_dynamodb_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class AnsweredRequests:
    """The answers to privacy requests, by the id of the event that requests."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()

    def read_times(self, event_ids: Iterable[str]) -> dict[str, str]:
        """Return when requests were answered; those that are open are left out."""
        ids = {schema.answer_id(event_id): event_id for event_id in event_ids}
        keys = [{schema.CONTROL.partition_key: {"S": id_}} for id_ in ids]
        items = read_items(self._client, self._table, keys)
        return {ids[item["id"]["S"]]: item["answered_at"]["S"] for item in items}

    def save_time(self, event_id: str, answered_at: str) -> None:
        """Store that a request was answered at a time; the newest answer stays."""
        item = {"id": {"S": schema.answer_id(event_id)}, "answered_at": {"S": answered_at}}
        self._client.put_item(TableName=self._table, Item=item)
