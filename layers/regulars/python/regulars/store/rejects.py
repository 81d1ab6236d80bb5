"""Store each rejected item with its reason and its raw bytes for 30 days, so that nothing that was sent is lost."""

import gzip
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from regulars.domain.errors import StoreBusyError
from regulars.domain.times import to_text
from regulars.store.batches import is_table_busy, write_items
from regulars.store.clients import create_dynamodb_client
from regulars.store.refused_calls import COUNT_PREFIX, CallKind, RefusedCallCount, RefusedCalls
from regulars.store.schema import REJECT_RETENTION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_ATTEMPTS = 3  # a caller waits, and a full table stays full
MAX_RAW_BYTES = 300 * 1024  # DynamoDB allows 400 KB an item


# Credentials are not stored: those of an unverified delivery may be right, too. Addresses and cookies of the sender
# are not, either.
_SECRET_HEADER_ENDINGS = ("authorization", "-key", "-token")
_TOPIC_HEADER_ENDINGS = ("-topic", "-event", "-event-name")
_SECRET_QUERY_NAMES = {"key", "_key", "token", "secret"}
_OMITTED_HEADERS = {"cookie", "x-forwarded-for", "forwarded", "user-agent"}


class BatchFields(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fields that a batch sets for each of its messages; `context` is None when it was too large to store."""

    sent_at: str = ""
    context: dict[str, Any] | None = {}


class StoredDelivery(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The parts of a request beside its body, so that a replay can receive it again; `verified` when a webhook was genuine.

    For a call of the tracking API, `url` is the endpoint, `key` the SHA-256 of the key that it presented, and `trust`
    that of the key when the call arrived; `shared` is set when the body is one message of a batch.
    """

    method: str = "POST"
    url: str = ""
    raw_query: str = ""
    headers: dict[str, str] = {}
    verified: bool = False
    key: str = ""
    trust: Literal["", "server"] = ""
    shared: BatchFields | None = None


class Reject(msgspec.Struct, frozen=True, kw_only=True):
    """One rejected item: `code` is stable (`unknown_write_key`), `reason` explains it, `raw` are the bytes received."""

    code: str
    reason: str
    source: str
    raw: bytes = b""
    delivery: StoredDelivery | None = None


class Rejects:
    """The REJECTS table."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()
        self._refused_calls = RefusedCalls(table, self._client)

    def store_rejects(self, rejects: Sequence[Reject], at: datetime) -> None:
        """Store the rejects; the same reject on the same day is one item.

        Raise StoreBusyError while the table is at its limit of writes, which is low.
        """
        items = {(item := _reject_item(reject, at))["reject_id"]["S"]: item for reject in rejects}
        try:
            if len(items) == 1:
                self._client.put_item(TableName=self._table, Item=next(iter(items.values())))
            else:
                write_items(self._client, self._table, list(items.values()), MAX_ATTEMPTS)
        except self._client.exceptions.ClientError as error:
            if is_table_busy(error):
                raise StoreBusyError from error
            raise

    def count_call(self, kind: CallKind, at: datetime) -> None:
        """Count a call of which nothing is stored."""
        self._refused_calls.count_call(kind, at)

    def list_rejects(self, day: str) -> list[dict[str, Any]]:
        """Return the rejects of one UTC day (`YYYY-MM-DD`), oldest first, with `raw` decompressed."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="#day = :day AND reject_id < :counts",
            ExpressionAttributeNames={"#day": "day"},
            ExpressionAttributeValues={":day": {"S": day}, ":counts": {"S": COUNT_PREFIX}},
        )
        rejects = [_reject_from_item(item) for page in pages for item in page["Items"]]
        return sorted(rejects, key=lambda reject: str(reject["received_at"]))

    def list_call_counts(self, day: str) -> list[RefusedCallCount]:
        """Return how many calls of strangers were refused on one UTC day (`YYYY-MM-DD`), oldest first."""
        return self._refused_calls.list_counts(day)

    def delete_reject(self, day: str, reject_id: str) -> None:
        """Delete a reject, if it is there."""
        key = {"day": {"S": day}, "reject_id": {"S": reject_id}}
        self._client.delete_item(TableName=self._table, Key=key)

    def mark_replayed(self, day: str, reject_id: str, at: datetime) -> None:
        """Mark a reject as recorded by a replay; do nothing when it has expired meanwhile."""
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key={"day": {"S": day}, "reject_id": {"S": reject_id}},
                UpdateExpression="SET replayed_at = :at",
                ConditionExpression="attribute_exists(reject_id)",
                ExpressionAttributeValues={":at": {"S": to_text(at)}},
            )


def _reject_item(reject: Reject, at: datetime) -> dict[str, Any]:
    raw, is_cut = _compress_raw(reject.raw)
    received_at = to_text(at)
    item: dict[str, Any] = {
        "day": {"S": received_at[:10]},
        "reject_id": {"S": _hash_reject(reject)},
        "received_at": {"S": received_at},
        "code": {"S": reject.code},
        "reason": {"S": reject.reason},
        "source": {"S": reject.source},
        "raw": {"B": raw},
        "expires_at": {"N": str(int((at + REJECT_RETENTION).timestamp()))},
    }
    if reject.delivery:
        item["delivery"] = {"S": msgspec.json.encode(_strip_secrets(reject.delivery)).decode()}
    return item | ({"cut": {"BOOL": True}} if is_cut else {})


def _hash_reject(reject: Reject) -> str:
    parts = (reject.source, reject.code, reject.reason, *_delivery_identity(reject.delivery))
    identity = "\x1f".join(parts).encode() + reject.raw
    return hashlib.sha256(identity).hexdigest()[:32]


def _delivery_identity(delivery: StoredDelivery | None) -> list[str]:
    """Return what distinguishes two deliveries with the same body: endpoint, key and topic; ids are new each time."""
    if delivery is None:
        return []
    topics = [name for name in sorted(delivery.headers) if name.endswith(_TOPIC_HEADER_ENDINGS)]
    return [delivery.url, delivery.key, *(delivery.headers[name] for name in topics)]


def _strip_secrets(delivery: StoredDelivery) -> StoredDelivery:
    headers = {
        name: value
        for name, value in delivery.headers.items()
        if name not in _OMITTED_HEADERS and not name.endswith(_SECRET_HEADER_ENDINGS)
    }
    query = "&".join(
        part
        for part in delivery.raw_query.split("&")
        if part.partition("=")[0] not in _SECRET_QUERY_NAMES
    )
    return msgspec.structs.replace(delivery, headers=headers, raw_query=query)


def _compress_raw(raw: bytes) -> tuple[bytes, bool]:
    """Return the gzipped bytes and whether they had to be cut; incompressible bytes grow by less than 1 KB."""
    compressed = gzip.compress(raw, 6, mtime=0)
    if len(compressed) <= MAX_RAW_BYTES:
        return compressed, False
    return gzip.compress(raw[: MAX_RAW_BYTES - 1024], 6, mtime=0), True


def _reject_from_item(item: dict[str, Any]) -> dict[str, Any]:
    names = ("reject_id", "received_at", "code", "reason", "source")
    delivery = item.get("delivery")
    return {
        **{name: item[name]["S"] for name in names},
        "raw": gzip.decompress(item["raw"]["B"]),
        "cut": "cut" in item,
        "delivery": msgspec.json.decode(delivery["S"], type=StoredDelivery) if delivery else None,
        "replayed_at": item.get("replayed_at", {"S": ""})["S"],
    }
