"""Put items of several tables in one transaction, and wait for other transactions on the same item."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from regulars.domain.errors import StoreBusyError
from regulars.store.batches import MAX_ATTEMPTS, back_off

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Why a transaction was cancelled, when it may succeed if it is repeated.
PASSING_REASONS = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)


def put_together(client: "DynamoDBClient", puts: Sequence[dict[str, Any]]) -> bool:
    """Put all items, or none and return False when a condition is not met.

    `puts` are arguments of PutItem, at most 100. Raise StoreBusyError after all attempts.
    """
    for attempt in range(MAX_ATTEMPTS):
        try:
            client.transact_write_items(TransactItems=[{"Put": put} for put in puts])  # type: ignore[typeddict-item]
        except client.exceptions.TransactionCanceledException as error:
            codes = {reason.get("Code") for reason in error.response["CancellationReasons"]}
            if "ConditionalCheckFailed" in codes:
                return False
            if codes.isdisjoint(PASSING_REASONS):
                raise
            back_off(attempt)
        else:
            return True
    raise StoreBusyError


def await_transactions[Result](client: "DynamoDBClient", call: Callable[[], Result]) -> Result:
    """Return the result of a call, repeated while a transaction holds its item; raise StoreBusyError after all attempts."""
    for attempt in range(MAX_ATTEMPTS):
        try:
            return call()
        except client.exceptions.TransactionConflictException:
            back_off(attempt)
    raise StoreBusyError
