"""Which profile each subject belongs to, for learning: a scan of what the profiles say of themselves."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Directory:
    """The subjects of every profile, merged ones under the profile they were merged into."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or boto3.client("dynamodb")

    def profiles(self) -> Iterator[tuple[str, list[str]]]:
        """Pairs of profile id and its subjects; a survivor may come several times, once for each merged profile."""
        items = list(self._items())
        merged = {
            item["profile_id"]["S"]: item["merged_into"]["S"]
            for item in items
            if "merged_into" in item
        }
        for item in items:
            subjects = item["subjects"]
            listed = subjects.get("SS") or [subject["S"] for subject in subjects.get("L", [])]
            yield _survivor(item["profile_id"]["S"], merged), listed

    def _items(self) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            ProjectionExpression="profile_id, subjects, merged_into",
            FilterExpression="attribute_exists(subjects)",  # only profiles have any
        )
        for page in pages:
            yield from page["Items"]


def _survivor(profile_id: str, merged: dict[str, str]) -> str:
    seen = set[str]()
    while profile_id in merged and profile_id not in seen:
        seen.add(profile_id)
        profile_id = merged[profile_id]
    return profile_id
