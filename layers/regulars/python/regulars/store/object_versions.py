"""List, read and delete every version of objects, so that nothing of them remains in a versioned bucket."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from regulars.store.clients import create_s3_client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHUNK_BYTES = 1024 * 1024


class ObjectVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version of an object; `at` is when it was written (RFC 3339)."""

    key: str
    id: str
    at: str
    is_latest: bool


class ObjectVersions:
    """The versions of the objects of a bucket."""

    def __init__(self, bucket: str, client: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._client = client or create_s3_client()

    def list_versions(self, prefix: str) -> Iterator[ObjectVersion]:
        """Yield all versions of the objects whose key begins with a prefix, in the order of the keys, newest first."""
        pages = self._client.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
            for entry in page.get("Versions", []):
                yield ObjectVersion(
                    key=entry["Key"],
                    id=entry["VersionId"],
                    at=entry["LastModified"].isoformat(),
                    is_latest=entry["IsLatest"],
                )

    def read_version(self, version: ObjectVersion) -> bytes:
        """Return the content of a version."""
        return b"".join(self.read_chunks(version))

    def read_chunks(self, version: ObjectVersion) -> Iterator[bytes]:
        """Yield the content of a version in parts of 1 MiB: an upload may be larger than the memory."""
        response = self._client.get_object(
            Bucket=self._bucket, Key=version.key, VersionId=version.id
        )
        yield from response["Body"].iter_chunks(CHUNK_BYTES)

    def find_object(self, key: str) -> bytes | None:
        """Return the content of an object; None when there is none."""
        versions = self.list_versions(key)
        latest = next((one for one in versions if one.key == key and one.is_latest), None)
        return self.read_version(latest) if latest else None

    def put_object(self, key: str, content: bytes) -> None:
        """Store an object."""
        self._client.put_object(Bucket=self._bucket, Key=key, Body=content)

    def delete_versions(self, versions: Iterable[ObjectVersion]) -> int:
        """Delete versions for good, and return their number."""
        count = 0
        for version in versions:
            self._client.delete_object(Bucket=self._bucket, Key=version.key, VersionId=version.id)
            count += 1
        return count
