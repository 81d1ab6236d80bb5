"""Read what the API serves about a person in one call: the profile, its scores and its recommendation candidates."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.domain.profiles import ProfileState, decode_state
from regulars.store import schema
from regulars.store.batches import read_items
from regulars.store.clients import create_dynamodb_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MEMBERS_INDEX = schema.PROFILES.indexes[0]
MAX_PROFILE_ID_CHARACTERS = 128
# A merged profile names its survivor; a survivor that was merged later makes a chain, never a circle.
MAX_MERGE_STEPS = 8
_PART_ATTRIBUTES = {
    schema.PROFILE_SORT_KEY: "state",
    schema.SCORES_SORT_KEY: "scores",
    schema.RECOMMENDATIONS_SORT_KEY: "candidates",
}


class ScoredProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A stored profile; `scores` and `candidates` are decoded JSON, empty before the first scoring."""

    profile_id: str
    state: ProfileState
    subjects: tuple[str, ...] = ()
    scores: dict[str, Any] = {}
    candidates: dict[str, Any] = {}


class ServedProfiles:
    """The PROFILES table, read only."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()

    def find_with_scores(self, profile_id: str) -> ScoredProfile | None:
        """Return the profile with this id, or the one it was merged into, with scores; None for an unknown id."""
        return self._find_profile(profile_id, schema.SCORES_SORT_KEY)

    def find_with_candidates(self, profile_id: str) -> ScoredProfile | None:
        """Return what `find_with_scores` returns, with the recommendation candidates."""
        return self._find_profile(profile_id, schema.RECOMMENDATIONS_SORT_KEY)

    def read_with_scores(self, profile_ids: Iterable[str]) -> list[ScoredProfile]:
        """Return up to 50 profiles with scores, in the order of the ids; unknown and merged ones are left out."""
        ids = list(profile_ids)
        sort_keys = (schema.PROFILE_SORT_KEY, schema.SCORES_SORT_KEY)
        keys = [_profile_item_key(id_, sort_key) for id_ in ids for sort_key in sort_keys]
        items: dict[str, list[Mapping[str, Any]]] = {id_: [] for id_ in ids}
        for item in read_items(self._client, self._table, keys):
            items[item["profile_id"]["S"]].append(item)
        profiles = (_assemble_profile(id_, parts) for id_, parts in items.items())
        return [profile for profile in profiles if isinstance(profile, ScoredProfile)]

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

    def _find_profile(self, profile_id: str, last_sort_key: str) -> ScoredProfile | None:
        for _ in range(MAX_MERGE_STEPS):
            items = self._query_items(profile_id, last_sort_key)
            profile = _assemble_profile(profile_id, items)
            if not isinstance(profile, str):
                return profile
            profile_id = profile
        return None

    def _query_items(self, profile_id: str, last_sort_key: str) -> list[dict[str, Any]]:
        # The sort keys `profile`, `profile#scores` and `recommendations` are neighbours: one query reads them.
        return self._client.query(
            TableName=self._table,
            KeyConditionExpression="profile_id = :id AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":id": {"S": profile_id},
                ":first": {"S": schema.PROFILE_SORT_KEY},
                ":last": {"S": last_sort_key},
            },
        )["Items"]


def _assemble_profile(
    profile_id: str, items: Iterable[Mapping[str, Any]]
) -> ScoredProfile | str | None:
    """Return the profile in these items, the id that it was merged into, or None when it does not exist."""
    parts = {item["sk"]["S"]: item for item in items}
    profile = parts.get(schema.PROFILE_SORT_KEY)
    if profile is None:
        return None
    if "merged_into" in profile:
        return str(profile["merged_into"]["S"])
    return _decode_profile(profile_id, profile, parts)


def _decode_profile(
    profile_id: str, profile: Mapping[str, Any], parts: Mapping[str, Mapping[str, Any]]
) -> ScoredProfile:
    return ScoredProfile(
        profile_id=profile_id,
        state=decode_state(profile["state"]["S"]),
        subjects=tuple(subject["S"] for subject in profile.get("subjects", {}).get("L", ())),
        scores=_decode_part(parts, schema.SCORES_SORT_KEY),
        candidates=_decode_part(parts, schema.RECOMMENDATIONS_SORT_KEY),
    )


def _decode_part(parts: Mapping[str, Mapping[str, Any]], sort_key: str) -> dict[str, Any]:
    item = parts.get(sort_key)
    attribute = _PART_ATTRIBUTES[sort_key]
    decoded: dict[str, Any] = msgspec.json.decode(item[attribute]["S"]) if item else {}
    return decoded


def _profile_item_key(profile_id: str, sort_key: str) -> dict[str, Any]:
    return {"profile_id": {"S": profile_id}, "sk": {"S": sort_key}}


def _member_key(segment: str, rank: str, profile_id: str) -> dict[str, Any]:
    key = _profile_item_key(profile_id, schema.segment_sort_key(segment.partition(":")[0]))
    return key | {MEMBERS_INDEX.partition_key: {"S": segment}, MEMBERS_INDEX.sort_key: {"S": rank}}
