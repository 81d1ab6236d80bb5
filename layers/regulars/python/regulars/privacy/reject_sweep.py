"""Remove rejects whose raw bytes, address or headers name an erased person."""

import gzip
from collections import Counter
from typing import TYPE_CHECKING, Any

from regulars.privacy.named_subjects import SubjectFinder
from regulars.store.batches import delete_items
from regulars.store.clients import create_dynamodb_client
from regulars.store.refused_calls import COUNT_PREFIX

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class RejectSweep:
    """The REJECTS table."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()

    def remove_people(self, finder: SubjectFinder, until: str) -> Counter[str]:
        """Remove the rejects that came until a time and name an erased person."""
        count = 0
        pages = self._client.get_paginator("scan").paginate(TableName=self._table)
        for item in (item for page in pages for item in page["Items"]):
            if _is_reject(item) and item["received_at"]["S"] <= until and _is_named(item, finder):
                key = {name: item[name] for name in ("day", "reject_id")}
                delete_items(self._client, self._table, [key])
                count += 1
        return Counter(rejects=count)


def _is_reject(item: dict[str, Any]) -> bool:
    """Return whether an item is a reject: the table also counts the calls of strangers, of which it stores nothing else."""
    return not item["reject_id"]["S"].startswith(COUNT_PREFIX)


def _is_named(item: dict[str, Any], finder: SubjectFinder) -> bool:
    raw = gzip.decompress(item["raw"]["B"])
    delivery = item.get("delivery", {"S": ""})["S"].encode()
    scope = item["source"]["S"]
    return finder.is_named_in(raw, scope) or finder.is_named_in(delivery, scope)
