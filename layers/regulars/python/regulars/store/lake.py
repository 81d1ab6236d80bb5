"""Archive the ledger's events in the lake: gzipped lines of JSON, partitioned by the day they were received."""

import gzip
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import boto3

from regulars.domain.events import Event, encode_event
from regulars.store import schema

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Lake:
    """The event files of the lake's bucket."""

    def __init__(self, bucket: str, client: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._client = client or boto3.client("s3")

    def archive_events(self, day: str, events: Sequence[Event]) -> str:
        """Write one object with these events of one day; return its key, which is the same for the same events."""
        ids = "".join(event.id for event in events)
        digest = hashlib.sha256(ids.encode()).hexdigest()[:32]
        key = f"{schema.LAKE_PREFIX}dt={day}/{digest}.ndjson.gz"
        lines = b"".join(encode_event(event) + b"\n" for event in events)
        body = gzip.compress(lines, 6, mtime=0)
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body)
        return key
