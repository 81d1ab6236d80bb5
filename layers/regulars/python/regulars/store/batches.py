"""Batch calls of DynamoDB that repeat what the table leaves unprocessed, and fail after the last attempt."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from regulars.domain.errors import StoreBusyError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type TableItem = dict[str, Any]

MAX_WRITE_ITEMS = 25  # the limit of BatchWriteItem
MAX_READ_ITEMS = 100  # the limit of BatchGetItem
MAX_ATTEMPTS = 8
THROTTLING_CODES = frozenset({
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
})  # fmt: skip


def write_items(
    client: "DynamoDBClient", table: str, items: Sequence[TableItem], attempts: int = MAX_ATTEMPTS
) -> None:
    """Put every item; raise StoreBusyError when some are still unwritten after all attempts."""
    _send_requests(client, table, [{"PutRequest": {"Item": item}} for item in items], attempts)


def delete_items(client: "DynamoDBClient", table: str, keys: Sequence[TableItem]) -> None:
    """Delete the items under these keys; raise StoreBusyError as `write_items` does."""
    _send_requests(client, table, [{"DeleteRequest": {"Key": key}} for key in keys])


def _send_requests(
    client: "DynamoDBClient", table: str, requests: Sequence[Any], attempts: int = MAX_ATTEMPTS
) -> None:
    for chunk in batched(requests, MAX_WRITE_ITEMS, strict=False):
        pending: Any = {table: list(chunk)}
        for attempt in range(attempts):
            pending = client.batch_write_item(RequestItems=pending).get("UnprocessedItems")
            if not pending:
                break
            back_off(attempt)
        else:
            raise StoreBusyError


def read_items(
    client: "DynamoDBClient", table: str, keys: Sequence[Mapping[str, Any]], **options: Any
) -> Iterator[TableItem]:
    """Yield the items that exist, in no order.

    `options` are those of BatchGetItem, such as ConsistentRead and ProjectionExpression. Raise StoreBusyError when
    some keys are still unread after all attempts.
    """
    for chunk in batched(keys, MAX_READ_ITEMS, strict=False):
        pending: Any = {table: {"Keys": list(chunk), **options}}
        for attempt in range(MAX_ATTEMPTS):
            response = client.batch_get_item(RequestItems=pending)
            yield from response["Responses"].get(table, ())
            pending = response.get("UnprocessedKeys")
            if not pending:
                break
            back_off(attempt)
        else:
            raise StoreBusyError


def is_table_busy(error: ClientError) -> bool:
    """Return whether DynamoDB refused a call because the table takes no more writes now."""
    return error.response["Error"]["Code"] in THROTTLING_CODES


def back_off(attempt: int) -> None:
    """Sleep up to 25 ms, doubled at each attempt; full jitter spreads concurrent writers."""
    time.sleep(random.random() * 0.025 * 2**attempt)  # noqa: S311 (no secret)
