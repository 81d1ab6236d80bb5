"""Create, store and authenticate API keys: the table holds only the SHA-256 of a key's text."""

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from regulars.domain.errors import ForbiddenError
from regulars.domain.texts import add_article
from regulars.domain.timed_cache import TimedCache
from regulars.store.clients import create_dynamodb_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Scope = Literal["browser", "server", "read", "admin"]
SCOPES: tuple[Scope, ...] = ("browser", "server", "read", "admin")
SENDER_SCOPES: tuple[Scope, ...] = ("browser", "server")
# The name of the scope `browser` in earlier versions, which stored keys and scripts still use.
FORMER_BROWSER_SCOPE = "write"
type OrderPolicy = Literal["auto", "count", "claim"]
ORDER_POLICIES: tuple[OrderPolicy, ...] = ("auto", "count", "claim")
API_KEY_PREFIX = "key#"
CACHE_SECONDS = 60.0


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """One API key; `id` is the SHA-256 of its text, `source` the source id of the events it sends.

    `orders` says whether the orders that a browser key sends count, are claims, or are claims as soon as another source
    sends orders (auto).
    """

    id: str
    scope: Scope
    label: str
    source: str
    created_at: str
    revoked_at: str = ""
    orders: OrderPolicy = "auto"


class ApiKeys:
    """The API keys in the control table."""

    def __init__(
        self,
        table: str,
        client: "DynamoDBClient | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()
        self._cache = TimedCache[ApiKey | None](CACHE_SECONDS, clock)

    def create_key(
        self, scope: Scope, label: str, source: str, at: str, orders: OrderPolicy = "auto"
    ) -> tuple[str, ApiKey]:
        """Create a key; return its text, which is stored nowhere, and its record."""
        text = f"rk_{scope}_{secrets.token_urlsafe(24)}"
        key = ApiKey(
            id=hash_key_text(text),
            scope=scope,
            label=label,
            source=source,
            created_at=at,
            orders=orders,
        )
        self._store_key(key)
        return text, key

    def register_key(self, text: str, scope: Scope, label: str, source: str, at: str) -> ApiKey:
        """Store a key that exists already, such as the key that is built into a storefront."""
        key = ApiKey(id=hash_key_text(text), scope=scope, label=label, source=source, created_at=at)
        self._store_key(key)
        return key

    def list_keys(self) -> list[ApiKey]:
        """Return all keys, revoked ones included, oldest first.

        This scans the whole control table, so only the owner's commands call it.
        """
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="attribute_exists(#scope)",
            ExpressionAttributeNames={"#scope": "scope"},
        )
        keys = [
            _key_from_item(item)
            for page in pages
            for item in page["Items"]
            if item["id"]["S"].startswith(API_KEY_PREFIX)
        ]
        return sorted(keys, key=lambda key: (key.created_at, key.id))

    def revoke_key(self, key_id: str, at: str) -> bool:
        """Revoke a key, at once here and within a minute in other containers; False when it does not exist."""
        self._cache.forget(key_id)
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"id": {"S": API_KEY_PREFIX + key_id}},
                UpdateExpression="SET revoked_at = if_not_exists(revoked_at, :at)",
                ConditionExpression="attribute_exists(id)",
                ExpressionAttributeValues={":at": {"S": at}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def authenticate(self, text: str) -> ApiKey | None:
        """Return the key with this text, cached for a minute; None, cached for seconds, for an unknown or revoked one."""
        return self.find_key(hash_key_text(text))

    def find_key(self, key_id: str) -> ApiKey | None:
        """Return what `authenticate` returns, by the SHA-256 of the text."""
        return self._cache.get(key_id, self._read_key)

    def _store_key(self, key: ApiKey) -> None:
        item = {name: {"S": value} for name, value in msgspec.to_builtins(key).items() if value}
        self._client.put_item(
            TableName=self._table, Item=item | {"id": {"S": API_KEY_PREFIX + key.id}}
        )

    def _read_key(self, key_id: str) -> ApiKey | None:
        table_key = {"id": {"S": API_KEY_PREFIX + key_id}}
        item = self._client.get_item(TableName=self._table, Key=table_key).get("Item")
        key = _key_from_item(item) if item else None
        return key if key and not key.revoked_at else None


def _key_from_item(item: Mapping[str, Any]) -> ApiKey:
    values = {field: item[field]["S"] for field in ApiKey.__struct_fields__ if field in item}
    if values["scope"] == FORMER_BROWSER_SCOPE:
        values["scope"] = "browser"
    return msgspec.convert(
        {"source": "", "label": ""} | values | {"id": item["id"]["S"][len(API_KEY_PREFIX) :]},
        ApiKey,
    )


def require_scope(key: ApiKey, *scopes: Scope) -> None:
    """Raise ForbiddenError, which says which key is needed, when the key has none of the scopes."""
    if key.scope not in scopes:
        needed_scopes = " or ".join(scopes)
        raise ForbiddenError(
            f"This requires a key of the scope {needed_scopes}, and this is {add_article(key.scope)} key."
            f" Create one with `regulars keys new {scopes[0]}`."
        )


def hash_key_text(text: str) -> str:
    """Return the id of a key, from which its text cannot be computed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
