"""Download the lake's event files, for SQL that cannot reach a bucket."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from regulars.store import schema

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_PARALLEL_DOWNLOADS = 8


class LakeFiles:
    """The objects of the lake's bucket under `events/`."""

    def __init__(self, bucket: str, client: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._client = client or boto3.client("s3")

    def download_files(self, folder: Path) -> list[Path]:
        """Download every object into `folder`; return the files in the order of the object keys."""
        folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(MAX_PARALLEL_DOWNLOADS) as pool:
            return list(pool.map(lambda key: self._download_file(key, folder), self._list_keys()))

    def _list_keys(self) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=schema.LAKE_PREFIX):
            for entry in page.get("Contents", []):
                if entry["Key"].endswith(".ndjson.gz"):
                    yield entry["Key"]

    def _download_file(self, key: str, folder: Path) -> Path:
        path = folder / key.replace("/", "_")
        self._client.download_file(self._bucket, key, str(path))
        return path
