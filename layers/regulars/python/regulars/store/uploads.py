"""Read uploaded files as streams, and write reports and progress beside them."""

import io
from typing import TYPE_CHECKING, Any, BinaryIO

import boto3
import msgspec

from regulars.domain.times import to_text
from regulars.store import schema

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUFFER_BYTES = 1024 * 1024


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """One file as a stream, since it may be larger than the memory; `at` is the time of its upload.

    `orders` is `elsewhere` when the same sales are recorded from a shop.
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

    def open_upload(self, key: str) -> Upload:
        """Return the file as it is now."""
        response = self._client.get_object(Bucket=self._bucket, Key=key)
        body: Any = response["Body"]
        return Upload(
            key=key,
            size=response["ContentLength"],
            etag=response["ETag"].strip('"'),
            at=to_text(response["LastModified"]),
            stream=io.BufferedReader(body, BUFFER_BYTES),
            orders=response["Metadata"].get(schema.ORDERS_METADATA_NAME, ""),
        )

    def write_report(self, key: str, report: dict[str, Any]) -> None:
        """Write the report beside the file."""
        self._put_json(schema.report_key(key), report)

    def write_progress(self, key: str, progress: dict[str, Any]) -> None:
        """Write the progress beside the file; its arrival starts the next run of the import, which continues there."""
        self._put_json(schema.progress_key(key), progress)

    def _put_json(self, key: str, value: dict[str, Any]) -> None:
        body = msgspec.json.format(msgspec.json.encode(value), indent=2)
        self._client.put_object(
            Bucket=self._bucket, Key=key, Body=body, ContentType="application/json"
        )
