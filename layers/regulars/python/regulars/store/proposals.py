"""Store the proposals that two people are one: one item, which each run replaces."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from regulars.store.clients import create_dynamodb_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PROPOSALS_ID = "proposals"


class Proposal(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Two people who may be one, each named by its strongest subject; `evidence` names fields and holds no value.

    `probability` is None when no comparison but a statement says so, which a rule forbids to join them.
    """

    left: str
    right: str
    probability: float | None
    evidence: tuple[str, ...]
    proposed_at: str


class Proposals:
    """The proposals in the control table."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()

    def read_proposals(self) -> list[Proposal]:
        """Return all proposals, the most probable first."""
        response = self._client.get_item(TableName=self._table, Key={"id": {"S": PROPOSALS_ID}})
        text = response["Item"]["proposals"]["S"] if "Item" in response else "[]"
        return msgspec.json.decode(text, type=list[Proposal])

    def write_proposals(self, proposals: Sequence[Proposal]) -> None:
        """Store these proposals in place of the former ones."""
        text = msgspec.json.encode(proposals).decode()
        item = {"id": {"S": PROPOSALS_ID}, "proposals": {"S": text}}
        self._client.put_item(TableName=self._table, Item=item)
