"""Search every store of the test stack that must hold no personal data in clear."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import duckdb

from regulars.store import schema
from tests.support.aws import BUCKETS, MotoStack
from tests.support.canaries import find_canaries

# What a sender wrote is stored compressed with its reject, so that it can be received again.
RAW_ATTRIBUTES = {"raw", "delivery"}


def find_leaks(aws: MotoStack) -> dict[str, set[str]]:
    """Return the canaries by table and object, without the contact data and what senders wrote: nothing, it should be."""
    leaks: dict[str, set[str]] = defaultdict(set)
    for place, content in (*_list_items(aws), *_list_objects(aws)):
        if canaries := find_canaries(content):
            leaks[place] |= canaries
    return dict(leaks)


def find_kept(aws: MotoStack) -> set[str]:
    """Return the canaries in the contact data and in the rejects, where they may be."""
    contacts = aws.dynamodb.scan(TableName="test-contacts")["Items"]
    return find_canaries(contacts, [reject["raw"] for reject in aws.list_rejects()])


def _list_items(aws: MotoStack) -> Iterator[tuple[str, Any]]:
    for table in schema.TABLES:
        for item in aws.dynamodb.scan(TableName=f"test-{table.name}")["Items"]:
            names = item.keys() - (RAW_ATTRIBUTES if table == schema.REJECTS else set())
            if table != schema.CONTACTS:
                yield table.name, {name: item[name] for name in names}


def _list_objects(aws: MotoStack) -> Iterator[tuple[str, Any]]:
    for bucket in BUCKETS:
        entries = aws.s3.list_objects_v2(Bucket=f"test-{bucket}").get("Contents", [])
        for key in (entry["Key"] for entry in entries):
            if not (bucket == "uploads" and key.endswith(".csv")):
                yield f"{bucket}/{key}", [key, _read_object(aws, f"test-{bucket}", key)]


def _read_object(aws: MotoStack, bucket: str, key: str) -> Any:
    body = aws.s3.get_object(Bucket=bucket, Key=key)
    content = body["Body"].read()
    if key.endswith(".parquet"):
        return [body["Metadata"], _read_parquet(content)]
    return [body["Metadata"], content]


def _read_parquet(content: bytes) -> list[tuple[Any, ...]]:
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        file.write(content)
        file.flush()
        return duckdb.read_parquet(file.name).fetchall()
