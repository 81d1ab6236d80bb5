"""Count the calls of strangers, of which nothing else is stored: anybody can make any number of them."""

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from regulars.domain.times import to_text
from regulars.store.batches import is_table_busy
from regulars.store.clients import create_dynamodb_client
from regulars.store.schema import REJECT_RETENTION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# A call without a key, with a key that nobody knows, to a source that nobody connected; and what a stranger sent to a
# source or with a publishable key while the store of rejects was at its limit.
type CallKind = Literal["without_key", "unknown_key", "unknown_source", "over_limit"]
COUNT_PREFIX = "~calls#"  # sorts after the ids of rejects, which are hexadecimal


class RefusedCallCount(msgspec.Struct, frozen=True, order=True):
    """How many calls of a kind were refused in a minute (`2026-11-20T10:01`)."""

    minute: str
    kind: str
    calls: int


class RefusedCalls:
    """Counts in the REJECTS table: one item for each minute and kind.

    A container writes at most once a minute and kind. It keeps the calls after that for the next call in a later
    minute; they are lost when it ends before, so that a count can be too small.
    """

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()
        self._waiting = Counter[CallKind]()
        self._written: dict[CallKind, str] = {}

    def count_call(self, kind: CallKind, at: datetime) -> None:
        """Count one call; a count that cannot be written now is kept."""
        minute = to_text(at)[:16]
        self._waiting[kind] += 1
        if self._written.get(kind) == minute:
            return
        self._written[kind] = minute
        if self._add_calls(kind, minute, self._waiting[kind], at):
            self._waiting[kind] = 0

    def list_counts(self, day: str) -> list[RefusedCallCount]:
        """Return the counts of one UTC day (`YYYY-MM-DD`), oldest first."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="#day = :day AND begins_with(reject_id, :prefix)",
            ExpressionAttributeNames={"#day": "day"},
            ExpressionAttributeValues={":day": {"S": day}, ":prefix": {"S": COUNT_PREFIX}},
        )
        counts = []
        for item in (item for page in pages for item in page["Items"]):
            _, time, _ = item["reject_id"]["S"].split("#")
            counts.append(
                RefusedCallCount(f"{day}T{time}", item["code"]["S"], int(item["calls"]["N"]))
            )
        return sorted(counts)

    def _add_calls(self, kind: CallKind, minute: str, calls: int, at: datetime) -> bool:
        expires_at = int((at + REJECT_RETENTION).timestamp())
        try:
            self._client.update_item(
                TableName=self._table,
                Key={
                    "day": {"S": minute[:10]},
                    "reject_id": {"S": f"{COUNT_PREFIX}{minute[11:]}#{kind}"},
                },
                UpdateExpression="SET code = :code, expires_at = :expires_at ADD calls :calls",
                ExpressionAttributeValues={
                    ":code": {"S": kind},
                    ":calls": {"N": str(calls)},
                    ":expires_at": {"N": str(expires_at)},
                },
            )
        except self._client.exceptions.ClientError as error:
            if is_table_busy(error):
                return False
            raise
        return True
