"""What is served of a person, read in one call: the profile, its scores and what may be recommended."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.domain.profiles import ProfileState, decode_state
from regulars.store import schema
from regulars.store.batches import read_all
from regulars.store.clients import dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MEMBERS = schema.PROFILES.indexes[0]
# A merge points at the survivor; a survivor that was merged later makes a chain, never a circle.
MAX_PROFILE_ID_CHARACTERS = 128
LONGEST_CHAIN = 8
_PARTS = {
    schema.PROFILE: "state",
    schema.SCORES: "scores",
    schema.RECOMMENDATIONS: "candidates",
}


class Person(msgspec.Struct, frozen=True):
    """A person as stored; `scores` and `candidates` are decoded JSON, empty when nobody scored yet."""

    profile_id: str
    state: ProfileState
    subjects: tuple[str, ...] = ()
    scores: dict[str, Any] = {}
    candidates: dict[str, Any] = {}


class ServedProfiles:
    """The PROFILES table, read only."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or dynamodb()

    def scored(self, profile_id: str) -> Person | None:
        """The person with this id, or who took them in, with scores; None for an unknown id."""
        return self._person(profile_id, schema.SCORES)

    def tempted(self, profile_id: str) -> Person | None:
        """The same with what may be recommended."""
        return self._person(profile_id, schema.RECOMMENDATIONS)

    def scored_all(self, profile_ids: Iterable[str]) -> list[Person]:
        """The people with these ids, up to 50, with scores, in the order given; unknown and merged ones left out."""
        ids = list(profile_ids)
        keys = [_key(id_, sk) for id_ in ids for sk in (schema.PROFILE, schema.SCORES)]
        items: dict[str, list[Mapping[str, Any]]] = {id_: [] for id_ in ids}
        for item in read_all(self._client, self._table, keys):
            items[item["profile_id"]["S"]].append(item)
        people = (_assembled(id_, found) for id_, found in items.items())
        return [person for person in people if isinstance(person, Person)]

    def members(
        self, segment: str, limit: int, after: tuple[str, str] | None
    ) -> list[tuple[str, str]]:
        """Up to `limit` (rank, profile id) of `<scheme>:<name>`, in rank order, behind the pair `after`."""
        start: dict[str, Any] = {}
        if after:
            start["ExclusiveStartKey"] = _member_key(segment, *after)
        answer = self._client.query(
            TableName=self._table,
            IndexName=MEMBERS.name,
            KeyConditionExpression="#segment = :segment",
            # `segment` is one of DynamoDB's reserved words.
            ExpressionAttributeNames={"#segment": MEMBERS.partition_key},
            ExpressionAttributeValues={":segment": {"S": segment}},
            Limit=limit,
            **start,
        )
        return [(item[MEMBERS.sort_key]["S"], item["profile_id"]["S"]) for item in answer["Items"]]

    def _person(self, profile_id: str, last: str) -> Person | None:
        for _ in range(LONGEST_CHAIN):
            found = _assembled(profile_id, self._items(profile_id, last))
            if not isinstance(found, str):
                return found
            profile_id = found
        return None

    def _items(self, profile_id: str, last: str) -> list[dict[str, Any]]:
        # `profile`, `profile#scores` and `recommendations` are neighbours in the sort key: one call reads them.
        return self._client.query(
            TableName=self._table,
            KeyConditionExpression="profile_id = :id AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":id": {"S": profile_id},
                ":first": {"S": schema.PROFILE},
                ":last": {"S": last},
            },
        )["Items"]


def _assembled(profile_id: str, items: Iterable[Mapping[str, Any]]) -> Person | str | None:
    """The person in these items, the id they were merged into, or None when the profile itself is not there."""
    parts = {item["sk"]["S"]: item for item in items}
    profile = parts.get(schema.PROFILE)
    if profile is None:
        return None
    if "merged_into" in profile:
        return str(profile["merged_into"]["S"])
    return Person(
        profile_id,
        decode_state(profile["state"]["S"]),
        tuple(subject["S"] for subject in profile.get("subjects", {}).get("L", ())),
        _json(parts, schema.SCORES),
        _json(parts, schema.RECOMMENDATIONS),
    )


def _json(parts: Mapping[str, Mapping[str, Any]], sk: str) -> dict[str, Any]:
    item = parts.get(sk)
    decoded: dict[str, Any] = msgspec.json.decode(item[_PARTS[sk]]["S"]) if item else {}
    return decoded


def _key(profile_id: str, sk: str) -> dict[str, Any]:
    return {"profile_id": {"S": profile_id}, "sk": {"S": sk}}


def _member_key(segment: str, rank: str, profile_id: str) -> dict[str, Any]:
    key = _key(profile_id, schema.segment_sort_key(segment.partition(":")[0]))
    return key | {MEMBERS.partition_key: {"S": segment}, MEMBERS.sort_key: {"S": rank}}
