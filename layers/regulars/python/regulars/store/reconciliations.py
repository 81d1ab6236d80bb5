"""How far the provider of each source has been asked, so that the next run goes on where the last one stopped."""

from typing import TYPE_CHECKING

import msgspec

from regulars.domain.errors import ConcurrentUpdateError
from regulars.store import schema
from regulars.store.clients import dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Walk(msgspec.Struct, frozen=True, omit_defaults=True):
    """One kind of resource: all that changed before `since` is in.

    While pages are turned, `cursor` continues, `began` is what time the provider had at the first page, `newest` the
    latest change seen. `fault` is why it was asked in vain, since `faulty_since`; times are RFC 3339 texts.
    """

    since: str
    cursor: str = ""
    began: str = ""
    newest: str = ""
    fault: str = ""
    reason: str = ""
    faulty_since: str = ""


class Reconciliation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One source: its walks by name, when it was last asked, and what that run brought; `rev` 0 before the first save."""

    channel: str
    source: str
    walks: dict[str, Walk] = {}
    ran_at: str = ""
    new: int = 0
    known: int = 0
    rejected: int = 0
    rev: int = 0

    @property
    def faults(self) -> list[Walk]:
        """The walks that were asked in vain."""
        return [walk for walk in self.walks.values() if walk.fault]


class Reconciliations:
    """The reconciliations in the control table."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or dynamodb()

    def read(self, channel: str, source: str) -> Reconciliation:
        """How far it is, strongly consistent; a fresh one when it never ran."""
        found = self._client.get_item(
            TableName=self._table,
            Key={"id": {"S": schema.reconciliation_id(channel, source)}},
            ConsistentRead=True,
        )
        if "Item" not in found:
            return Reconciliation(channel, source)
        return msgspec.json.decode(found["Item"]["state"]["S"], type=Reconciliation)

    def save(self, state: Reconciliation) -> Reconciliation:
        """Save over the revision it was read at; ConcurrentUpdateError when another run has saved since."""
        saved = msgspec.structs.replace(state, rev=state.rev + 1)
        try:
            self._client.put_item(
                TableName=self._table,
                Item={
                    "id": {"S": schema.reconciliation_id(state.channel, state.source)},
                    "state": {"S": msgspec.json.encode(saved).decode()},
                    "rev": {"N": str(saved.rev)},
                },
                ConditionExpression="attribute_not_exists(id) OR rev = :rev",
                ExpressionAttributeValues={":rev": {"N": str(state.rev)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise ConcurrentUpdateError("Another run is asking the same provider.") from None
        return saved
