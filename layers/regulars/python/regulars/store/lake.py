"""The lake: the ledger's events as gzipped lines of JSON, partitioned by the day they were received."""

import gzip
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import boto3

from regulars.domain.events import Event, encode
from regulars.store import schema

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Lake:
    """The event files of the lake bucket."""

    def __init__(self, bucket: str, client: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._client = client or boto3.client("s3")

    def archive(self, day: str, events: Sequence[Event]) -> str:
        """Write one object for these events of one day; its key, the same for the same events."""
        names = "".join(event.id for event in events)
        key = f"{schema.LAKE_PREFIX}dt={day}/{hashlib.sha256(names.encode()).hexdigest()[:32]}.ndjson.gz"
        lines = b"".join(encode(event) + b"\n" for event in events)
        body = gzip.compress(lines, 6, mtime=0)
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body)
        return key
