"""API keys: shown once, kept as SHA-256, known again for a minute without asking the table."""

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from regulars.store.cache import Remembered
from regulars.store.clients import dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Scope = Literal["write", "read", "admin"]
SCOPES: tuple[Scope, ...] = ("write", "read", "admin")
PREFIX = "key#"
REMEMBERED_SECONDS = 60


class ApiKey(msgspec.Struct, frozen=True):
    """What is known of a key; `id` is the SHA-256 of its text, `source` the id under which its events are kept."""

    id: str
    scope: str
    label: str
    source: str
    created_at: str
    revoked_at: str = ""


class Keys:
    """The keys in the control table."""

    def __init__(
        self,
        table: str,
        client: "DynamoDBClient | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table = table
        self._client = client or dynamodb()
        self._remembered = Remembered(self._read, REMEMBERED_SECONDS, clock)

    def create(self, scope: Scope, label: str, source: str, at: str) -> tuple[str, ApiKey]:
        """A new key: its text, which is kept nowhere, and what is known of it."""
        text = f"rk_{scope}_{secrets.token_urlsafe(24)}"
        return text, self.register(text, scope, label, source, at)

    def register(self, text: str, scope: Scope, label: str, source: str, at: str) -> ApiKey:
        """Take a key that exists already, such as the write key a storefront has built in."""
        key = ApiKey(digest(text), scope, label, source, at)
        item = {name: {"S": value} for name, value in msgspec.to_builtins(key).items() if value}
        self._client.put_item(TableName=self._table, Item=item | {"id": {"S": PREFIX + key.id}})
        return key

    def list(self) -> list[ApiKey]:
        """All keys, revoked ones too, oldest first. Reads the whole control table: for the owner's hand."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="attribute_exists(#scope)",
            ExpressionAttributeNames={"#scope": "scope"},
        )
        keys = [
            _key(item)
            for page in pages
            for item in page["Items"]
            if item["id"]["S"].startswith(PREFIX)
        ]
        return sorted(keys, key=lambda key: (key.created_at, key.id))

    def revoke(self, key_id: str, at: str) -> bool:
        """RefuseLine the key from now on (elsewhere within a minute); False when there is no such key."""
        self._remembered.forget(key_id)
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"id": {"S": PREFIX + key_id}},
                UpdateExpression="SET revoked_at = if_not_exists(revoked_at, :at)",
                ConditionExpression="attribute_exists(id)",
                ExpressionAttributeValues={":at": {"S": at}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def authenticate(self, text: str) -> ApiKey | None:
        """The key with this text, remembered for a minute; None for an unknown or revoked one, for seconds."""
        return self.find(digest(text))

    def find(self, key_id: str) -> ApiKey | None:
        """As `authenticate`, by the SHA-256 of the text."""
        return self._remembered.get(key_id)

    def _read(self, key_id: str) -> ApiKey | None:
        item = self._client.get_item(TableName=self._table, Key={"id": {"S": PREFIX + key_id}}).get(
            "Item"
        )
        key = _key(item) if item else None
        return key if key and not key.revoked_at else None


def _key(item: Mapping[str, Any]) -> ApiKey:
    values = {field: item[field]["S"] for field in ApiKey.__struct_fields__ if field in item}
    return msgspec.convert(
        {"source": "", "label": ""} | values | {"id": item["id"]["S"][len(PREFIX) :]}, ApiKey
    )


def digest(text: str) -> str:
    """The id of a key: it tells nobody the key."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
