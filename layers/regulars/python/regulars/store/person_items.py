"""Read the items under the id of a person: what is known under its first subject, and what the scoring wrote."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.domain.identifiers import profile_id_of
from regulars.store import schema
from regulars.store.batches import read_items
from regulars.store.clients import create_dynamodb_client
from regulars.store.profiles import SUBJECT_SORT_KEYS, SubjectItems, subject_items_from

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MEMBERS_INDEX = schema.PROFILES.indexes[0]
_PART_ATTRIBUTES = {
    schema.SCORES_SORT_KEY: "scores",
    schema.RECOMMENDATIONS_SORT_KEY: "candidates",
}


class PersonItems(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored under an id; `scores` and `candidates` are decoded JSON, empty when they were not read."""

    subjects: SubjectItems = SubjectItems()
    scores: dict[str, Any] = {}
    candidates: dict[str, Any] = {}


class PersonItemReader:
    """The PROFILES table by the ids of persons, read only."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()

    def query_items(self, profile_id: str, last_sort_key: str) -> PersonItems:
        """Return the items of an id up to `last_sort_key` in one query.

        The sort keys are neighbours: `profile#fold`, `profile#identity`, `profile#scores`, `recommendations`.
        """
        items = self._client.query(
            TableName=self._table,
            KeyConditionExpression="profile_id = :id AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":id": {"S": profile_id},
                ":first": {"S": schema.PROFILE_SORT_KEY},
                ":last": {"S": last_sort_key},
            },
        )["Items"]
        return _items_from(items)

    def read_person(
        self, profile_id: str, subjects: Iterable[str], last_sort_key: str
    ) -> PersonItems:
        """Return what `query_items` returns for an id, with the items of these subjects, in one call."""
        keys = [
            _item_key(profile_id_of(subject), sort_key)
            for subject in subjects
            for sort_key in SUBJECT_SORT_KEYS
        ]
        keys += [_item_key(profile_id, key) for key in _PART_ATTRIBUTES if key <= last_sort_key]
        return _items_from(read_items(self._client, self._table, keys))

    def read_scores(self, profile_ids: Iterable[str]) -> dict[str, PersonItems]:
        """Return the subjects and the scores of these ids; an unknown id has none."""
        items: dict[str, list[Mapping[str, Any]]] = {id_: [] for id_ in profile_ids}
        sort_keys = (schema.PROFILE_SORT_KEY, schema.IDENTITY_SORT_KEY, schema.SCORES_SORT_KEY)
        keys = [_item_key(id_, sort_key) for id_ in items for sort_key in sort_keys]
        for item in read_items(self._client, self._table, keys):
            items[item["profile_id"]["S"]].append(item)
        return {id_: _items_from(parts) for id_, parts in items.items()}

    def list_members(
        self, segment: str, limit: int, after: tuple[str, str] | None
    ) -> list[tuple[str, str]]:
        """Return up to `limit` pairs (rank, profile id) of `<scheme>:<name>` in the order of rank, behind `after`."""
        start: dict[str, Any] = {"ExclusiveStartKey": _member_key(segment, *after)} if after else {}
        items = self._client.query(
            TableName=self._table,
            IndexName=MEMBERS_INDEX.name,
            KeyConditionExpression="#segment = :segment",
            # `segment` is a reserved word of DynamoDB.
            ExpressionAttributeNames={"#segment": MEMBERS_INDEX.partition_key},
            ExpressionAttributeValues={":segment": {"S": segment}},
            Limit=limit,
            **start,
        )["Items"]
        return [(item[MEMBERS_INDEX.sort_key]["S"], item["profile_id"]["S"]) for item in items]


def _items_from(items: Iterable[Mapping[str, Any]]) -> PersonItems:
    items = list(items)
    parts = {item["sk"]["S"]: item for item in items}
    return PersonItems(
        subjects=subject_items_from(items),
        scores=_decode_part(parts, schema.SCORES_SORT_KEY),
        candidates=_decode_part(parts, schema.RECOMMENDATIONS_SORT_KEY),
    )


def _decode_part(parts: Mapping[str, Mapping[str, Any]], sort_key: str) -> dict[str, Any]:
    item = parts.get(sort_key)
    attribute = _PART_ATTRIBUTES[sort_key]
    decoded: dict[str, Any] = msgspec.json.decode(item[attribute]["S"]) if item else {}
    return decoded


def _item_key(profile_id: str, sort_key: str) -> dict[str, Any]:
    return {"profile_id": {"S": profile_id}, "sk": {"S": sort_key}}


def _member_key(segment: str, rank: str, profile_id: str) -> dict[str, Any]:
    key = _item_key(profile_id, schema.segment_sort_key(segment.partition(":")[0]))
    return key | {MEMBERS_INDEX.partition_key: {"S": segment}, MEMBERS_INDEX.sort_key: {"S": rank}}
