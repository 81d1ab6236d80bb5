"""Publish and read datasets in the lake's bucket: Parquet files, and a manifest with the SHA-256 of each."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import msgspec

from regulars.domain.errors import TamperedArtifactError
from regulars.domain.manifests import DatasetManifest, encode_manifest, hash_bytes
from regulars.domain.times import to_text
from regulars.store import schema

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client


class Datasets:
    """The datasets in the lake's bucket."""

    def __init__(self, bucket: str, client: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._client = client or boto3.client("s3")

    def publish_dataset(self, manifest: DatasetManifest, folder: Path) -> str:
        """Upload the files that the manifest names from a folder, then the manifest; return the manifest's key."""
        for name in manifest.files:
            key = schema.dataset_key(manifest.dataset_id, name)
            self._client.upload_file(str(folder / name), self._bucket, key)
        key = schema.dataset_key(manifest.dataset_id, "manifest.json")
        self._client.put_object(Bucket=self._bucket, Key=key, Body=encode_manifest(manifest))
        return key

    def read_manifest(self, key: str) -> DatasetManifest:
        """Return the manifest under an object key."""
        return msgspec.json.decode(self._get_object(key), type=DatasetManifest)

    def read_file(self, manifest: DatasetManifest, name: str) -> bytes:
        """Return one file of a dataset.

        Raise TamperedArtifactError when its bytes differ from those that the manifest names.
        """
        content = self._get_object(schema.dataset_key(manifest.dataset_id, name))
        if hash_bytes(content) != manifest.files[name].sha256:
            raise TamperedArtifactError(
                f"The bytes of {name} are not those of the dataset's manifest."
            )
        return content

    def _get_object(self, key: str) -> bytes:
        return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()


class LatestDataset(msgspec.Struct, frozen=True, kw_only=True):
    """The newest dataset, the digest of the lake's objects of which it was built, and when the last build was skipped.

    `lake_digest` is '' for a dataset as of a given time, `skipped_at` until a build finds no new event.
    """

    dataset_id: str
    cutoff: str
    created_at: str
    lake_digest: str = ""
    skipped_at: str = ""


class LatestDatasetPointer:
    """The control item that names the newest dataset, for the owner and for the scoring."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or boto3.client("dynamodb")

    def read(self) -> LatestDataset | None:
        """Return the newest dataset; None before the first one."""
        key: dict[str, Any] = {"id": {"S": schema.DATASET_ID}}
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get(
            "Item"
        )
        if not item:
            return None
        return msgspec.convert({name: text["S"] for name, text in item.items()}, LatestDataset)

    def point_to(self, manifest: DatasetManifest, lake_digest: str) -> None:
        """Name this dataset as the newest."""
        self._write(
            LatestDataset(
                dataset_id=manifest.dataset_id,
                cutoff=manifest.cutoff,
                created_at=manifest.created_at,
                lake_digest=lake_digest,
            )
        )

    def record_skip(self, latest: LatestDataset, now: datetime) -> None:
        """Record that there was no new event since the newest dataset."""
        self._write(msgspec.structs.replace(latest, skipped_at=to_text(now)))

    def _write(self, latest: LatestDataset) -> None:
        item = {"id": schema.DATASET_ID} | msgspec.structs.asdict(latest)
        self._client.put_item(
            TableName=self._table, Item={name: {"S": value} for name, value in item.items()}
        )


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, which is read in chunks."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
