"""Profiles, the ids of the events they counted, and their orders; every write is a compare-and-swap."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

import boto3
import msgspec

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.orders import Order
from regulars.domain.profiles import Profile, decode_state, encode_state
from regulars.store import schema
from regulars.store.batches import read_all

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ID_BYTES = 12  # an event id is 16 characters of base64
ORDER = schema.order_sort_key("")
APPLIED = "applied#"

_ORDERS = msgspec.json.Decoder(Order)
_ENCODER = msgspec.json.Encoder(order="deterministic")


class StoredOrder(msgspec.Struct, frozen=True):
    """An order and how often it was written; 0 for one that is not stored yet."""

    order: Order = Order()
    rev: int = 0


class Profiles:
    """The PROFILES table, but for what models write there."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or boto3.client("dynamodb")

    def read(self, profile_ids: Iterable[str]) -> dict[str, Profile]:
        """The stored profiles among these, strongly consistent; merged ones as they are, see `merged_into`."""
        keys = [_key(id_, schema.PROFILE) for id_ in dict.fromkeys(profile_ids)]
        items = read_all(self._client, self._table, keys, ConsistentRead=True)
        return {profile.profile_id: profile for profile in map(profile_of, items)}

    def write(self, profile: Profile) -> None:
        """Store the profile as the successor of `rev` - 1; ConcurrentUpdateError when that is not the stored one."""
        self._put(profile_item(profile), profile.rev)

    def put_aside(self, profile: Profile) -> None:
        """Keep the ids in `applied` under the stored profile's `rev`, so that the next write can let them go.

        What was counted at a `rev` never changes: doing it twice, or before a write that then fails, does no harm.
        """
        item = _key(profile.profile_id, schema.applied_sort_key(profile.rev))
        self._client.put_item(
            TableName=self._table, Item={**item, "applied": {"B": pack(profile.applied)}}
        )

    def aside(self, profile_id: str) -> set[str]:
        """The ids of counted events that were put aside, strongly consistent."""
        return {id_ for item in self._query(profile_id, APPLIED) for id_ in unpack(item["applied"])}

    def orders(self, profile_id: str) -> dict[str, StoredOrder]:
        """All orders of a person by order key, strongly consistent."""
        return dict(map(order_of, self._query(profile_id, ORDER)))

    def write_order(self, profile_id: str, key: str, stored: StoredOrder) -> None:
        """Store an order as the successor of `rev` - 1; ConcurrentUpdateError when that is not the stored one."""
        item = _key(profile_id, schema.order_sort_key(key))
        text = _ENCODER.encode(stored.order).decode()
        self._put({**item, "order": {"S": text}, "rev": {"N": str(stored.rev)}}, stored.rev)

    def delete_order(self, profile_id: str, key: str, rev: int) -> None:
        """Remove an order nothing tells of any more; ConcurrentUpdateError when it was written meanwhile."""
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=_key(profile_id, schema.order_sort_key(key)),
                ConditionExpression="rev = :rev",
                ExpressionAttributeValues={":rev": {"N": str(rev)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise ConcurrentUpdateError("An order was written by somebody else.") from None

    def clear(self, profile_id: str) -> None:
        """Remove what was derived for a profile that was merged away: orders, scores, memberships."""
        for item in self._query(profile_id, ""):
            sort_key = item["sk"]["S"]
            if sort_key != schema.PROFILE and not sort_key.startswith(APPLIED):
                self._client.delete_item(TableName=self._table, Key=_key(profile_id, sort_key))

    def _put(self, item: dict[str, Any], rev: int) -> None:
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(profile_id)"}
        if rev > 1:
            condition = {
                "ConditionExpression": "rev = :rev",
                "ExpressionAttributeValues": {":rev": {"N": str(rev - 1)}},
            }
        try:
            self._client.put_item(TableName=self._table, Item=item, **condition)
        except self._client.exceptions.ConditionalCheckFailedException:
            raise ConcurrentUpdateError("A profile was written by somebody else.") from None

    def _query(self, profile_id: str, prefix: str) -> Iterator[dict[str, Any]]:
        condition, values = "profile_id = :id", {":id": {"S": profile_id}}
        if prefix:
            condition += " AND begins_with(sk, :prefix)"
            values[":prefix"] = {"S": prefix}
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
        )
        return (item for page in pages for item in page["Items"])


def profile_item(profile: Profile) -> dict[str, Any]:
    """The profile as DynamoDB keeps it."""
    texts = {"newest": profile.newest, "floor": profile.floor, "born": profile.born}
    texts["merged_into"] = profile.merged_into
    return {
        **_key(profile.profile_id, schema.PROFILE),
        "subjects": {"L": [{"S": subject} for subject in profile.subjects]},
        "state": {"S": encode_state(profile.state).decode()},
        "rev": {"N": str(profile.rev)},
        "applied": {"B": pack(profile.applied)},
        **{name: {"S": text} for name, text in texts.items() if text},
    }


def profile_of(item: Mapping[str, Any]) -> Profile:
    """The profile of an item with sort key `profile`."""
    texts = {name: item.get(name, {"S": ""})["S"] for name in ("newest", "floor", "born")}
    return Profile(
        profile_id=item["profile_id"]["S"],
        subjects=tuple(subject["S"] for subject in item["subjects"]["L"]),
        state=decode_state(item["state"]["S"]),
        rev=int(item["rev"]["N"]),
        applied=unpack(item["applied"]),
        merged_into=item.get("merged_into", {"S": ""})["S"],
        **texts,
    )


def order_of(item: Mapping[str, Any]) -> tuple[str, StoredOrder]:
    """The order key and the order of an item whose sort key begins with `order#`."""
    key = item["sk"]["S"].removeprefix(ORDER)
    return key, StoredOrder(_ORDERS.decode(item["order"]["S"]), int(item["rev"]["N"]))


def pack(event_ids: Sequence[str]) -> bytes:
    """Event ids as their raw bytes, a quarter smaller."""
    return b"".join(map(base64.urlsafe_b64decode, event_ids))


def unpack(attribute: Mapping[str, Any]) -> tuple[str, ...]:
    """The event ids of a binary attribute."""
    raw = batched(attribute["B"], ID_BYTES, strict=True)
    return tuple(base64.urlsafe_b64encode(bytes(chunk)).decode() for chunk in raw)


def _key(profile_id: str, sort_key: str) -> dict[str, Any]:
    return {"profile_id": {"S": profile_id}, "sk": {"S": sort_key}}
