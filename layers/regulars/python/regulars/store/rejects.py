"""What was refused or set aside, with its reason and its raw bytes, for 30 days: nothing sent to us is lost."""

import gzip
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.domain.times import to_text
from regulars.store.batches import write_all
from regulars.store.clients import dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_FOR = timedelta(days=30)
RAW_LIMIT = 300 * 1024  # an item may hold 400 KB


# Of a delivery that was verified, what it showed for it is not kept; of any, not who connected.
_SECRET_HEADERS = ("authorization", "-key", "-token")  # how their names end
_TOPIC_HEADERS = ("-topic", "-event", "-event-name")
_SECRET_QUERY = {"key", "_key", "token", "secret"}
_NOT_KEPT = {"cookie", "x-forwarded-for", "forwarded", "user-agent"}


class Shared(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a batch says of each of its messages; `context` is None when it was too much to keep."""

    sent_at: str = ""
    context: dict[str, Any] | None = {}


class Delivery(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came around the body, so that it can be received again; `verified` when a webhook was genuine.

    Of a call of the tracking API `url` is the endpoint, `key` the SHA-256 of the key it showed; `shared` says that
    the body is one message of a batch.
    """

    method: str = "POST"
    url: str = ""
    raw_query: str = ""
    headers: dict[str, str] = {}
    verified: bool = False
    key: str = ""
    shared: Shared | None = None


class Reject(msgspec.Struct, frozen=True):
    """One thing refused: `code` is stable (`unknown_write_key`), `reason` says it in words, `raw` is what came."""

    code: str
    reason: str
    source: str
    raw: bytes = b""
    delivery: Delivery | None = None


class Rejects:
    """The REJECTS table."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or dynamodb()

    def keep(self, rejects: Sequence[Reject], at: datetime) -> None:
        """Store them all; the same refusal again on the same day is one item."""
        items = {(item := _item(reject, at))["reject_id"]["S"]: item for reject in rejects}
        if len(items) == 1:
            self._client.put_item(TableName=self._table, Item=next(iter(items.values())))
        else:
            write_all(self._client, self._table, list(items.values()))

    def of_day(self, day: str) -> list[dict[str, Any]]:
        """The rejects of one UTC day (`YYYY-MM-DD`), oldest first, `raw` as it came."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="#day = :day",
            ExpressionAttributeNames={"#day": "day"},
            ExpressionAttributeValues={":day": {"S": day}},
        )
        kept = [_kept(item) for page in pages for item in page["Items"]]
        return sorted(kept, key=lambda reject: str(reject["received_at"]))

    def replayed(self, day: str, reject_id: str, at: datetime) -> None:
        """Note that a reject has been received after all; nothing when its time was up meanwhile."""
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key={"day": {"S": day}, "reject_id": {"S": reject_id}},
                UpdateExpression="SET replayed_at = :at",
                ConditionExpression="attribute_exists(reject_id)",
                ExpressionAttributeValues={":at": {"S": to_text(at)}},
            )


def _item(reject: Reject, at: datetime) -> dict[str, Any]:
    raw, cut = _compressed(reject.raw)
    received_at = to_text(at)
    said = (reject.source, reject.code, reject.reason, *_told_around(reject.delivery))
    identity = "\x1f".join(said).encode() + reject.raw
    item: dict[str, Any] = {
        "day": {"S": received_at[:10]},
        "reject_id": {"S": hashlib.sha256(identity).hexdigest()[:32]},
        "received_at": {"S": received_at},
        "code": {"S": reject.code},
        "reason": {"S": reject.reason},
        "source": {"S": reject.source},
        "raw": {"B": raw},
        "expires_at": {"N": str(int((at + KEPT_FOR).timestamp()))},
    }
    if reject.delivery:
        item["delivery"] = {"S": msgspec.json.encode(_without_secrets(reject.delivery)).decode()}
    return item | ({"cut": {"BOOL": True}} if cut else {})


def _told_around(delivery: Delivery | None) -> list[str]:
    """What tells two deliveries of the same bytes apart: endpoint, key and topic; ids are new each time."""
    if delivery is None:
        return []
    topics = [name for name in sorted(delivery.headers) if name.endswith(_TOPIC_HEADERS)]
    return [delivery.url, delivery.key, *(delivery.headers[name] for name in topics)]


def _without_secrets(delivery: Delivery) -> Delivery:
    headers = {
        name: value
        for name, value in delivery.headers.items()
        if name not in _NOT_KEPT and not (delivery.verified and name.endswith(_SECRET_HEADERS))
    }
    query = delivery.raw_query
    if delivery.verified:
        query = "&".join(
            part for part in query.split("&") if part.partition("=")[0] not in _SECRET_QUERY
        )
    return msgspec.structs.replace(delivery, headers=headers, raw_query=query)


def _compressed(raw: bytes) -> tuple[bytes, bool]:
    """Gzip, and whether the raw bytes had to be cut to fit; incompressible bytes grow by less than 1 KB."""
    packed = gzip.compress(raw, 6, mtime=0)
    if len(packed) <= RAW_LIMIT:
        return packed, False
    return gzip.compress(raw[: RAW_LIMIT - 1024], 6, mtime=0), True


def _kept(item: dict[str, Any]) -> dict[str, Any]:
    texts = {
        name: item[name]["S"] for name in ("reject_id", "received_at", "code", "reason", "source")
    }
    said = item.get("delivery")
    return {
        **texts,
        "raw": gzip.decompress(item["raw"]["B"]),
        "cut": "cut" in item,
        "delivery": msgspec.json.decode(said["S"], type=Delivery) if said else None,
        "replayed_at": item.get("replayed_at", {"S": ""})["S"],
    }
