"""Finds the uploads whose import has not ended, and resumes an import that stopped."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

import msgspec

from regulars.admin.deployment import Deployment
from regulars.domain.times import from_text, to_text
from regulars.store import clients, schema
from regulars.store.checkpoints import Checkpoints
from regulars.store.uploads import Uploads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# A run saves its progress about every ten seconds, and no function runs longer than this.
MAX_RUN_TIME = timedelta(minutes=15)


class UnfinishedImport(msgspec.Struct, frozen=True, kw_only=True):
    """An upload without a report. `active_at` is the time of its last progress, at first of the upload."""

    key: str
    rows: int
    active_at: str

    @property
    def file(self) -> str:
        """The name of the file."""
        return self.key.rpartition("/")[2]

    def is_stopped(self, now: datetime) -> bool:
        """Return whether no run can be at work on it any more."""
        return from_text(self.active_at) + MAX_RUN_TIME < now


@dataclass(frozen=True, kw_only=True)
class UploadStores:
    """The uploads and the progress of their imports."""

    s3: "S3Client"
    bucket: str
    checkpoints: Checkpoints

    @classmethod
    def from_deployment(cls, deployment: Deployment) -> Self:
        """Open the stores of a deployment."""
        return cls(
            s3=clients.create_s3_client(),
            bucket=deployment.uploads_bucket,
            checkpoints=Checkpoints(deployment.control_table, clients.create_dynamodb_client()),
        )


def list_unfinished_imports(stores: UploadStores) -> list[UnfinishedImport]:
    """Return the uploads that have no report since they were uploaded, in the order of their keys."""
    uploads = {entry["Key"]: entry["LastModified"] for entry in _list_objects(stores)}
    return [
        _describe_import(stores, key, uploaded_at)
        for key, uploaded_at in uploads.items()
        if key.lower().endswith(".csv")
        and uploads.get(schema.report_key(key), datetime.min.replace(tzinfo=uploaded_at.tzinfo))
        < uploaded_at
    ]


def resume_import(stores: UploadStores, unfinished: UnfinishedImport) -> None:
    """Start a run that continues an import; an import that still runs must not be resumed."""
    progress = {"rows": unfinished.rows, "resumed": True}
    Uploads(stores.bucket, stores.s3).write_progress(unfinished.key, progress)


def _describe_import(stores: UploadStores, key: str, uploaded_at: datetime) -> UnfinishedImport:
    checkpoint = stores.checkpoints.read_checkpoint(key)
    uploaded = to_text(uploaded_at)
    if not checkpoint or checkpoint.saved_at < uploaded:  # of an earlier upload of this name
        return UnfinishedImport(key=key, rows=0, active_at=uploaded)
    return UnfinishedImport(key=key, rows=checkpoint.rows, active_at=checkpoint.saved_at)


def _list_objects(stores: UploadStores) -> Iterator[Any]:
    pages = stores.s3.get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=stores.bucket, Prefix=schema.IMPORTS_PREFIX):
        yield from page.get("Contents", [])
