"""Reads the ids of the events that the lake holds."""

import gzip
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from regulars.store import clients, schema

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class _ArchivedEvent(msgspec.Struct):
    """The fields that are read from an archived event."""

    id: str


class ArchivedEvents:
    """The ids of the events in the lake; each object is read once, however often they are counted."""

    def __init__(self, bucket: str, client: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._client = client or clients.create_s3_client()
        self._read_keys: set[str] = set()
        self._ids: set[str] = set()

    def read_ids(self) -> frozenset[str]:
        """Return the ids of all archived events."""
        self.count()
        return frozenset(self._ids)

    def count(self) -> int:
        """Return how many different events the lake holds by now."""
        for key in self._list_new_keys():
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            lines = gzip.decompress(body).splitlines()
            self._ids |= {msgspec.json.decode(line, type=_ArchivedEvent).id for line in lines}
            self._read_keys.add(key)
        return len(self._ids)

    def _list_new_keys(self) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=schema.LAKE_PREFIX
        )
        for page in pages:
            keys = (item["Key"] for item in page.get("Contents", []))
            yield from (key for key in keys if key not in self._read_keys)
