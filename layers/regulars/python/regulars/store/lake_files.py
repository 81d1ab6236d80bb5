"""Download the lake's event files, for SQL that cannot reach a bucket."""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import boto3

from regulars.store import schema

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_PARALLEL_DOWNLOADS = 8


class LakeFile(NamedTuple):
    """One object of the lake; its etag changes with its bytes."""

    key: str
    etag: str


class LakeFiles:
    """The objects of the lake's bucket under `events/`."""

    def __init__(self, bucket: str, client: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._client = client or boto3.client("s3")

    def list_files(self) -> list[LakeFile]:
        """Return every object, in the order of the keys."""
        return list(self._iterate_files())

    def download_files(self, files: Sequence[LakeFile], folder: Path) -> list[Path]:
        """Download objects into `folder`; return the paths in the order of the objects."""
        folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(MAX_PARALLEL_DOWNLOADS) as pool:
            return list(pool.map(lambda file: self._download_file(file.key, folder), files))

    def _iterate_files(self) -> Iterator[LakeFile]:
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=schema.LAKE_PREFIX):
            for entry in page.get("Contents", []):
                if entry["Key"].endswith(".ndjson.gz"):
                    yield LakeFile(entry["Key"], entry["ETag"])

    def _download_file(self, key: str, folder: Path) -> Path:
        path = folder / key.replace("/", "_")
        self._client.download_file(self._bucket, key, str(path))
        return path


def hash_files(files: Sequence[LakeFile]) -> str:
    """Return a digest that changes when an object arrives, is removed or is rewritten."""
    lines = "".join(f"{file.key} {file.etag}\n" for file in files)
    return hashlib.sha256(lines.encode()).hexdigest()
