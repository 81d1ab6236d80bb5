"""Store profiles, the ids of the events that they counted, and their orders; every write is a compare-and-swap."""

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
from regulars.store.batches import read_items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EVENT_ID_BYTES = 12  # the 16 base64 characters of an event id
ORDER_PREFIX = schema.order_sort_key("")
APPLIED_PREFIX = "applied#"

_ORDER_DECODER = msgspec.json.Decoder(Order)
_ORDER_ENCODER = msgspec.json.Encoder(order="deterministic")


class StoredOrder(msgspec.Struct, frozen=True):
    """An order and the number of its writes; `rev` is 0 for an order that is not stored yet."""

    order: Order = Order()
    rev: int = 0


class Profiles:
    """The PROFILES table, except what the scoring writes there."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or boto3.client("dynamodb")

    def read_profiles(self, profile_ids: Iterable[str]) -> dict[str, Profile]:
        """Return those of the profiles that are stored, strongly consistent; merged ones keep their `merged_into`."""
        keys = [
            _profile_item_key(profile_id, schema.PROFILE_SORT_KEY)
            for profile_id in dict.fromkeys(profile_ids)
        ]
        items = read_items(self._client, self._table, keys, ConsistentRead=True)
        return {profile.profile_id: profile for profile in map(profile_from_item, items)}

    def write_profile(self, profile: Profile) -> None:
        """Store the profile if `rev` - 1 is the stored revision; raise ConcurrentUpdateError otherwise."""
        self._put_revision(profile_item(profile), profile.rev)

    def spill_applied_ids(self, profile: Profile) -> None:
        """Store the ids in `applied` beside the profile under its `rev`, so that the next write can drop them.

        What a profile has counted at a `rev` never changes, so this may be repeated, or precede a write that fails.
        """
        item = _profile_item_key(profile.profile_id, schema.event_page_sort_key(profile.rev))
        self._client.put_item(
            TableName=self._table, Item={**item, "applied": {"B": pack_event_ids(profile.applied)}}
        )

    def read_spilled_ids(self, profile_id: str) -> set[str]:
        """Return the ids of counted events that `spill_applied_ids` stored, strongly consistent."""
        items = self._query_items(profile_id, APPLIED_PREFIX)
        return {event_id for item in items for event_id in unpack_event_ids(item["applied"])}

    def read_orders(self, profile_id: str) -> dict[str, StoredOrder]:
        """Return all orders of a profile by order key, strongly consistent."""
        return dict(map(order_from_item, self._query_items(profile_id, ORDER_PREFIX)))

    def write_order(self, profile_id: str, key: str, stored: StoredOrder) -> None:
        """Store an order if `rev` - 1 is the stored revision; raise ConcurrentUpdateError otherwise."""
        item = _profile_item_key(profile_id, schema.order_sort_key(key))
        text = _ORDER_ENCODER.encode(stored.order).decode()
        item |= {"order": {"S": text}, "rev": {"N": str(stored.rev)}}
        self._put_revision(item, stored.rev)

    def delete_order(self, profile_id: str, key: str, rev: int) -> None:
        """Delete an order that no event mentions any more; raise ConcurrentUpdateError when it was written meanwhile."""
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=_profile_item_key(profile_id, schema.order_sort_key(key)),
                ConditionExpression="rev = :rev",
                ExpressionAttributeValues={":rev": {"N": str(rev)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise ConcurrentUpdateError("An order was written by another worker.") from None

    def delete_derived_items(self, profile_id: str) -> None:
        """Delete the orders, scores and memberships of a profile that was merged into another."""
        for item in self._query_items(profile_id, ""):
            sort_key = item["sk"]["S"]
            if sort_key != schema.PROFILE_SORT_KEY and not sort_key.startswith(APPLIED_PREFIX):
                key = _profile_item_key(profile_id, sort_key)
                self._client.delete_item(TableName=self._table, Key=key)

    def _put_revision(self, item: dict[str, Any], rev: int) -> None:
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(profile_id)"}
        if rev > 1:
            condition = {
                "ConditionExpression": "rev = :rev",
                "ExpressionAttributeValues": {":rev": {"N": str(rev - 1)}},
            }
        try:
            self._client.put_item(TableName=self._table, Item=item, **condition)
        except self._client.exceptions.ConditionalCheckFailedException:
            raise ConcurrentUpdateError("A profile was written by another worker.") from None

    def _query_items(self, profile_id: str, prefix: str) -> Iterator[dict[str, Any]]:
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
    """Return the DynamoDB item of a profile."""
    texts = {"newest": profile.newest, "floor": profile.floor, "born": profile.born}
    texts["merged_into"] = profile.merged_into
    return {
        **_profile_item_key(profile.profile_id, schema.PROFILE_SORT_KEY),
        "subjects": {"L": [{"S": subject} for subject in profile.subjects]},
        "state": {"S": encode_state(profile.state).decode()},
        "rev": {"N": str(profile.rev)},
        "applied": {"B": pack_event_ids(profile.applied)},
        **{name: {"S": text} for name, text in texts.items() if text},
    }


def profile_from_item(item: Mapping[str, Any]) -> Profile:
    """Return the profile of an item with the sort key `profile`."""
    texts = {name: item.get(name, {"S": ""})["S"] for name in ("newest", "floor", "born")}
    return Profile(
        profile_id=item["profile_id"]["S"],
        subjects=tuple(subject["S"] for subject in item["subjects"]["L"]),
        state=decode_state(item["state"]["S"]),
        rev=int(item["rev"]["N"]),
        applied=unpack_event_ids(item["applied"]),
        merged_into=item.get("merged_into", {"S": ""})["S"],
        **texts,
    )


def order_from_item(item: Mapping[str, Any]) -> tuple[str, StoredOrder]:
    """Return the order key and the order of an item whose sort key begins with `order#`."""
    key = item["sk"]["S"].removeprefix(ORDER_PREFIX)
    return key, StoredOrder(_ORDER_DECODER.decode(item["order"]["S"]), int(item["rev"]["N"]))


def pack_event_ids(event_ids: Sequence[str]) -> bytes:
    """Return event ids as their raw bytes, which are a quarter smaller."""
    return b"".join(map(base64.urlsafe_b64decode, event_ids))


def unpack_event_ids(attribute: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the event ids of a binary attribute."""
    chunks = batched(attribute["B"], EVENT_ID_BYTES, strict=True)
    return tuple(base64.urlsafe_b64encode(bytes(chunk)).decode() for chunk in chunks)


def _profile_item_key(profile_id: str, sort_key: str) -> dict[str, Any]:
    return {"profile_id": {"S": profile_id}, "sk": {"S": sort_key}}
