"""List the subjects of every profile, for learning, by a scan of the profiles."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class SubjectDirectory:
    """The subjects of every profile; those of a merged profile are listed under its survivor."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or boto3.client("dynamodb")

    def list_subjects_by_profile(self) -> Iterator[tuple[str, list[str]]]:
        """Yield pairs of profile id and subjects; a survivor comes once more for each profile merged into it."""
        items = list(self._scan_items())
        merged = {
            item["profile_id"]["S"]: item["merged_into"]["S"]
            for item in items
            if "merged_into" in item
        }
        for item in items:
            attribute = item["subjects"]
            subjects = attribute.get("SS") or [value["S"] for value in attribute.get("L", [])]
            yield _find_survivor(item["profile_id"]["S"], merged), subjects

    def _scan_items(self) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            ProjectionExpression="profile_id, subjects, merged_into",
            FilterExpression="attribute_exists(subjects)",  # only profiles have subjects
        )
        for page in pages:
            yield from page["Items"]


def _find_survivor(profile_id: str, merged: dict[str, str]) -> str:
    visited = set[str]()
    while profile_id in merged and profile_id not in visited:
        visited.add(profile_id)
        profile_id = merged[profile_id]
    return profile_id
