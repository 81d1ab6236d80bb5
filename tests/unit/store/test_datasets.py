"""Datasets and the files of the lake, on moto."""

from pathlib import Path

import pytest

from regulars.domain.errors import TamperedArtifactError
from regulars.domain.manifests import DatasetManifest, FileFact, hash_bytes
from regulars.store.datasets import Datasets, hash_file
from regulars.store.lake_files import LakeFiles, hash_files
from tests.support.aws import MotoStack

MANIFEST = DatasetManifest(
    dataset_id="d1",
    cutoff="2025-06-01",
    created_at="2025-06-01",
    horizon_days=30,
    currency="EUR",
    files={"features.parquet": FileFact(hash_bytes(b"rows"), 1, 4)},
    counts={},
    features=(),
)


def publish_dataset(aws: MotoStack, folder: Path) -> Datasets:
    (folder / "features.parquet").write_bytes(b"rows")
    datasets = Datasets("test-lake", aws.s3)
    assert datasets.publish_dataset(MANIFEST, folder) == "datasets/d1/manifest.json"
    return datasets


def test_dataset_is_read_back_verified(aws: MotoStack, tmp_path: Path) -> None:
    datasets = publish_dataset(aws, tmp_path)
    assert datasets.read_manifest("datasets/d1/manifest.json") == MANIFEST
    assert datasets.read_file(MANIFEST, "features.parquet") == b"rows"


def test_changed_dataset_file_is_refused(aws: MotoStack, tmp_path: Path) -> None:
    datasets = publish_dataset(aws, tmp_path)
    aws.s3.put_object(Bucket="test-lake", Key="datasets/d1/features.parquet", Body=b"other")
    with pytest.raises(TamperedArtifactError):
        datasets.read_file(MANIFEST, "features.parquet")


def test_file_digest_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(b"rows")
    assert hash_file(tmp_path / "rows") == hash_bytes(b"rows")


def test_lake_files_are_events_and_nothing_else(aws: MotoStack, tmp_path: Path) -> None:
    for key in (
        "events/dt=2025-01-02/b.ndjson.gz",
        "events/dt=2025-01-01/a.ndjson.gz",
        "datasets/d1/x",
    ):
        aws.s3.put_object(Bucket="test-lake", Key=key, Body=key.encode())
    lake_files = LakeFiles("test-lake", aws.s3)
    paths = lake_files.download_files(lake_files.list_files(), tmp_path / "lake")
    assert [path.read_text() for path in paths] == [
        "events/dt=2025-01-01/a.ndjson.gz",
        "events/dt=2025-01-02/b.ndjson.gz",
    ]


def test_lake_without_objects_has_no_files(aws: MotoStack) -> None:
    assert LakeFiles("test-lake", aws.s3).list_files() == []


def test_digest_of_the_lake_changes_with_its_objects_only(aws: MotoStack) -> None:
    lake_files, digests = LakeFiles("test-lake", aws.s3), []
    changes = (("a", b"1"), ("a", b"1"), ("b", b"2"), ("a", b"erased"))
    for name, body in changes:
        key = f"events/dt=2025-01-01/{name}.ndjson.gz"
        aws.s3.put_object(Bucket="test-lake", Key=key, Body=body)
        digests.append(hash_files(lake_files.list_files()))
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3
