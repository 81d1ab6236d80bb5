"""Batch calls of DynamoDB that finish: what it leaves unprocessed is asked again, and given up with an error."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

from regulars.domain.errors import StoreBusyError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Item = dict[str, Any]

WRITE_SIZE = 25  # BatchWriteItem's limit
READ_SIZE = 100  # BatchGetItem's limit
ATTEMPTS = 8


def write_all(client: "DynamoDBClient", table: str, items: Sequence[Item]) -> None:
    """Put every item; StoreBusyError when some stay unwritten after all attempts."""
    _request_all(client, table, [{"PutRequest": {"Item": item}} for item in items])


def delete_all(client: "DynamoDBClient", table: str, keys: Sequence[Item]) -> None:
    """Delete the items under these keys, those that are there; StoreBusyError as above."""
    _request_all(client, table, [{"DeleteRequest": {"Key": key}} for key in keys])


def _request_all(client: "DynamoDBClient", table: str, requests: Sequence[Any]) -> None:
    for chunk in batched(requests, WRITE_SIZE, strict=False):
        pending: Any = {table: list(chunk)}
        for attempt in range(ATTEMPTS):
            pending = client.batch_write_item(RequestItems=pending).get("UnprocessedItems")
            if not pending:
                break
            back_off(attempt)
        else:
            raise StoreBusyError


def read_all(
    client: "DynamoDBClient", table: str, keys: Sequence[Mapping[str, Any]], **options: Any
) -> Iterator[Item]:
    """The items that exist, in no order; `options` are BatchGetItem's (ConsistentRead, ProjectionExpression…)."""
    for chunk in batched(keys, READ_SIZE, strict=False):
        pending: Any = {table: {"Keys": list(chunk), **options}}
        for attempt in range(ATTEMPTS):
            answer = client.batch_get_item(RequestItems=pending)
            yield from answer["Responses"].get(table, ())
            pending = answer.get("UnprocessedKeys")
            if not pending:
                break
            back_off(attempt)
        else:
            raise StoreBusyError


def back_off(attempt: int) -> None:
    """Sleep up to 25 ms, doubled at each attempt, with full jitter so that writers do not march in step."""
    time.sleep(random.random() * 0.025 * 2**attempt)  # noqa: S311 (no secret)
