"""Write what the scoring computes about persons: scores, candidates and segment memberships, where they changed."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

import boto3
import msgspec

from regulars.store import schema
from regulars.store.batches import TableItem, delete_items
from regulars.store.derived_items import (
    WriteCounts,
    build_derived_item,
    is_newer,
    item_key,
    put_changed_items,
    read_stored_items,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY_ATTRIBUTES = ("profile_id", "sk")
MEMBERS_INDEX = schema.PROFILES.indexes[0]
SEGMENT_SCHEMES = ("rfm", "kmeans")
MAX_CHUNK_PERSONS = 100


class SegmentMembership(msgspec.Struct, frozen=True):
    """The id of a person's segment in a scheme; its members are paged in the order of `rank`, a sortable text."""

    segment: str
    rank: str


class PersonScores(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one scoring for one person.

    `memberships` are by scheme; the person has no segment in a scheme that is left out.
    """

    profile_id: str
    scores: dict[str, Any]
    recommendations: dict[str, Any]
    memberships: dict[str, SegmentMembership] = {}


class Scores:
    """The items that the scoring writes into the PROFILES table."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or boto3.client("dynamodb")

    def write_scores(
        self, persons: Iterable[PersonScores], as_of: str, run_fields: Mapping[str, str]
    ) -> WriteCounts:
        """Store what changed; `run_fields` are added to the scores without making them count as changed.

        Persons who were erased are skipped; what is stored as of a later time stays.
        """
        total = WriteCounts()
        for chunk in batched(persons, MAX_CHUNK_PERSONS, strict=False):
            total += self._write_chunk(chunk, as_of, run_fields)
        return total

    def delete_other_memberships(
        self, segments: Iterable[str], profile_ids: Container[str], as_of: str
    ) -> int:
        """Delete the memberships of ids that were not scored: of erased people, and of those whom another id has taken over.

        `segments` are `<scheme>:<id>`. What is stored as of a later time stays. Return the number of deleted ones.
        """
        keys = (
            key
            for segment in segments
            for key in self._query_members(segment)
            if key["profile_id"]["S"] not in profile_ids
        )
        deleted_count = 0
        for chunk in batched(keys, MAX_CHUNK_PERSONS, strict=False):
            stored_items = read_stored_items(self._client, self._table, KEY_ATTRIBUTES, chunk)
            deleted_count += self._delete_older(chunk, as_of, stored_items)
        return deleted_count

    def _query_members(self, segment: str) -> Iterator[TableItem]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=MEMBERS_INDEX.name,
            KeyConditionExpression="#segment = :segment",
            ExpressionAttributeNames={"#segment": MEMBERS_INDEX.partition_key},
            ExpressionAttributeValues={":segment": {"S": segment}},
        )
        for item in (item for page in pages for item in page["Items"]):
            yield {name: item[name] for name in KEY_ATTRIBUTES}

    def _write_chunk(
        self, persons: Sequence[PersonScores], as_of: str, run_fields: Mapping[str, str]
    ) -> WriteCounts:
        new_items = [item for person in persons for item in _score_items(person, as_of, run_fields)]
        read_keys = [key for person in persons for key in _keys_to_read(person)]
        stored_items = read_stored_items(
            self._client, self._table, KEY_ATTRIBUTES, [*new_items, *read_keys]
        )
        present_ids = _select_present_ids(stored_items)
        items = [item for item in new_items if item["profile_id"]["S"] in present_ids]
        counts = put_changed_items(self._client, self._table, items, stored_items, KEY_ATTRIBUTES)
        present = [person for person in persons if person.profile_id in present_ids]
        self._delete_old_memberships(present, as_of, stored_items)
        return counts._replace(skipped=counts.skipped + len(new_items) - len(items))

    def _delete_old_memberships(
        self, persons: Sequence[PersonScores], as_of: str, stored_items: Mapping[Any, TableItem]
    ) -> None:
        """Delete the memberships of schemes in which a person has no segment any more."""
        keys = [key for person in persons for key in _membership_keys_to_delete(person)]
        self._delete_older(keys, as_of, stored_items)

    def _delete_older(
        self, keys: Iterable[TableItem], as_of: str, stored_items: Mapping[Any, TableItem]
    ) -> int:
        """Delete what is stored under these keys as of this time or before; return how many items were."""
        reference = build_derived_item({}, as_of, {})
        old_keys = [
            key
            for key in keys
            if (stored := stored_items.get(item_key(key, KEY_ATTRIBUTES)))
            and not is_newer(stored, reference)
        ]
        delete_items(self._client, self._table, old_keys)
        return len(old_keys)


def _select_present_ids(stored_items: Mapping[Any, TableItem]) -> set[str]:
    """Return the ids whose first subject is stored."""
    return {
        profile_id for profile_id, sort_key in stored_items if sort_key == schema.IDENTITY_SORT_KEY
    }


def _score_items(
    person: PersonScores, as_of: str, run_fields: Mapping[str, str]
) -> Iterable[TableItem]:
    contents = {schema.SCORES_SORT_KEY: ("scores", person.scores, run_fields)}
    contents[schema.RECOMMENDATIONS_SORT_KEY] = ("candidates", person.recommendations, {})
    for sort_key, (name, content, extra_fields) in contents.items():
        compared = _to_json(content)
        text = _to_json({**content, **extra_fields}) if extra_fields else compared
        key = {"profile_id": person.profile_id, "sk": sort_key}
        yield build_derived_item(key, as_of, {name: text}, compared)
    for scheme, membership in person.memberships.items():
        key = {"profile_id": person.profile_id, "sk": schema.segment_sort_key(scheme)}
        segment = f"{scheme}:{membership.segment}"
        index = {MEMBERS_INDEX.partition_key: segment, MEMBERS_INDEX.sort_key: membership.rank}
        yield build_derived_item(key, as_of, index)


def _keys_to_read(person: PersonScores) -> list[TableItem]:
    """Return the keys of the items that are read beside those that are written."""
    identity_key = _score_item_key(person, schema.IDENTITY_SORT_KEY)
    return [identity_key, *_membership_keys_to_delete(person)]


def _membership_keys_to_delete(person: PersonScores) -> list[TableItem]:
    schemes = [scheme for scheme in SEGMENT_SCHEMES if scheme not in person.memberships]
    return [_score_item_key(person, schema.segment_sort_key(scheme)) for scheme in schemes]


def _score_item_key(person: PersonScores, sort_key: str) -> TableItem:
    return {"profile_id": {"S": person.profile_id}, "sk": {"S": sort_key}}


def _to_json(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
