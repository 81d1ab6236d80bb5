"""The lake's events as local files, for SQL that cannot reach a bucket."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from regulars.store import schema

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_DOWNLOADS_AT_ONCE = 8


class Archive:
    """The lake's objects under `events/`."""

    def __init__(self, bucket: str, client: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._client = client or boto3.client("s3")

    def download(self, folder: Path) -> list[Path]:
        """Every object as a file in `folder`, in the order of their keys."""
        folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as pool:
            return list(pool.map(lambda key: self._fetch(key, folder), self._keys()))

    def _keys(self) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=schema.LAKE_PREFIX):
            for listed in page.get("Contents", []):
                if listed["Key"].endswith(".ndjson.gz"):
                    yield listed["Key"]

    def _fetch(self, key: str, folder: Path) -> Path:
        path = folder / key.replace("/", "_")
        self._client.download_file(self._bucket, key, str(path))
        return path
