"""The uploads bucket: a file as a stream, and what is written beside it."""

import io
from typing import TYPE_CHECKING, Any, BinaryIO

import boto3
import msgspec

from regulars.domain.times import to_text
from regulars.store import schema

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUFFER = 1024 * 1024


class Upload(msgspec.Struct, frozen=True):
    """One file, read as it comes: it may be larger than the memory; `at` is when it was uploaded.

    `orders` is `elsewhere` when its source leaves them to a shop, which tells of the same sales.
    """

    key: str
    size: int
    etag: str
    at: str
    stream: BinaryIO
    orders: str = ""


class Uploads:
    """The uploads bucket."""

    def __init__(self, bucket: str, client: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._client = client or boto3.client("s3")

    def open(self, key: str) -> Upload:
        """The file as it is now."""
        answer = self._client.get_object(Bucket=self._bucket, Key=key)
        stream: Any = answer["Body"]
        buffered = io.BufferedReader(stream, BUFFER)
        etag, at = answer["ETag"].strip('"'), to_text(answer["LastModified"])
        orders = answer["Metadata"].get(schema.ORDERS_METADATA, "")
        return Upload(key, answer["ContentLength"], etag, at, buffered, orders)

    def report(self, key: str, report: dict[str, Any]) -> None:
        """Put the report beside the file."""
        self._put(schema.report_key(key), report)

    def continue_later(self, key: str, progress: dict[str, Any]) -> None:
        """Put the progress beside the file; its arrival starts the import again, where it stopped."""
        self._put(schema.progress_key(key), progress)

    def _put(self, key: str, value: dict[str, Any]) -> None:
        body = msgspec.json.format(msgspec.json.encode(value), indent=2)
        self._client.put_object(
            Bucket=self._bucket, Key=key, Body=body, ContentType="application/json"
        )
