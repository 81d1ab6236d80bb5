"""An import without a report is found, with its progress, and a run that continues it is started."""

from datetime import UTC, datetime, timedelta

import pytest

from regulars.admin.unfinished_imports import (
    MAX_RUN_TIME,
    UnfinishedImport,
    UploadStores,
    list_unfinished_imports,
    resume_import,
)
from regulars.domain.times import to_text
from regulars.store.checkpoints import Checkpoint, Checkpoints
from tests.support.aws import MotoStack

BUCKET = "test-uploads"
KEY = "imports/orders.csv"


@pytest.fixture
def stores(aws: MotoStack) -> UploadStores:
    return UploadStores(
        s3=aws.s3, bucket=BUCKET, checkpoints=Checkpoints("test-control", aws.dynamodb)
    )


def upload(stores: UploadStores, key: str) -> None:
    stores.s3.put_object(Bucket=BUCKET, Key=key, Body=b"order_id")


def test_upload_without_a_report_is_unfinished(stores: UploadStores) -> None:
    upload(stores, KEY)
    stores.checkpoints.save_checkpoint(Checkpoint(key=KEY, etag="e", rows=7))
    (unfinished,) = list_unfinished_imports(stores)
    assert (unfinished.file, unfinished.rows) == ("orders.csv", 7)
    assert not unfinished.is_stopped(datetime.now(UTC))


def test_upload_with_a_report_is_finished(stores: UploadStores) -> None:
    upload(stores, KEY)
    upload(stores, f"{KEY}.report.json")
    assert list_unfinished_imports(stores) == []


def test_progress_of_an_earlier_upload_does_not_count(aws: MotoStack, stores: UploadStores) -> None:
    earlier = Checkpoints(
        "test-control", aws.dynamodb, lambda: datetime.now(UTC) - timedelta(days=1)
    )
    earlier.save_checkpoint(Checkpoint(key=KEY, etag="e", rows=7))
    upload(stores, KEY)
    assert [unfinished.rows for unfinished in list_unfinished_imports(stores)] == [0]


def test_import_is_stopped_when_no_function_can_run_so_long() -> None:
    now = datetime.now(UTC)
    for age, is_stopped in ((MAX_RUN_TIME / 2, False), (MAX_RUN_TIME * 2, True)):
        unfinished = UnfinishedImport(key=KEY, rows=1, active_at=to_text(now - age))
        assert unfinished.is_stopped(now) is is_stopped


def test_resumed_import_is_started_by_its_progress_file(stores: UploadStores) -> None:
    resume_import(stores, UnfinishedImport(key=KEY, rows=7, active_at=""))
    listed = stores.s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [entry["Key"] for entry in listed] == [f"{KEY}.progress.json"]
