"""Store how far each source's provider was read, so that the next run continues where the last one stopped."""

from typing import TYPE_CHECKING, Any

import msgspec

from regulars.domain.errors import ConcurrentUpdateError
from regulars.store import schema
from regulars.store.clients import create_dynamodb_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class FeedWalk(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The progress through one kind of resource: everything that changed before `since` is recorded.

    While pages are being read, `cursor` names the next page, `began` is the provider's time at the first page and
    `newest` the latest change read. `fault` is why the last request failed, since `faulty_since`. Times are RFC 3339
    texts.
    """

    since: str
    cursor: str = ""
    began: str = ""
    newest: str = ""
    fault: str = ""
    reason: str = ""
    faulty_since: str = ""


class Reconciliation(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The reconciliation of one source: its walks by name, the time of the last run, and what that run recorded.

    `rev` counts the saves and is 0 before the first one.
    """

    channel: str
    source: str
    walks: dict[str, FeedWalk] = {}
    ran_at: str = ""
    new: int = 0
    known: int = 0
    rejected: int = 0
    rev: int = 0


class Reconciliations:
    """The reconciliations in the control table."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()

    def read_reconciliation(self, channel: str, source: str) -> Reconciliation:
        """Return the state of a source, strongly consistent; a fresh one when it never ran."""
        response = self._client.get_item(
            TableName=self._table,
            Key={"id": {"S": schema.reconciliation_id(channel, source)}},
            ConsistentRead=True,
        )
        if "Item" not in response:
            return Reconciliation(channel=channel, source=source)
        return msgspec.json.decode(response["Item"]["state"]["S"], type=Reconciliation)

    def save_reconciliation(self, state: Reconciliation) -> Reconciliation:
        """Save over the revision that was read; raise ConcurrentUpdateError when another run has saved since."""
        saved = msgspec.structs.replace(state, rev=state.rev + 1)
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_build_item(saved),
                ConditionExpression="attribute_not_exists(id) OR rev = :rev",
                ExpressionAttributeValues={":rev": {"N": str(state.rev)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise ConcurrentUpdateError("Another run is reading the same provider.") from None
        return saved


def _build_item(state: Reconciliation) -> dict[str, Any]:
    return {
        "id": {"S": schema.reconciliation_id(state.channel, state.source)},
        "state": {"S": msgspec.json.encode(state).decode()},
        "rev": {"N": str(state.rev)},
    }
