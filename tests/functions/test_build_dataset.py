"""The lake becomes a dataset through the handler, as the archive and the profiles left it."""

from collections.abc import Callable
from typing import Any

import pytest

from regulars.settings import BuildDatasetSettings
from regulars.store.datasets import Datasets
from regulars.store.lake import Lake
from tests.support.aws import MotoStack
from tests.support.gateway import loaded
from tests.support.lake import day, order

type Build = Callable[..., dict[str, Any]]


@pytest.fixture
def build(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Invokes the handler, optionally as of a day."""
    module = loaded("build_dataset", aws.build_settings(BuildDatasetSettings), monkeypatch)

    def invoke(cutoff: float | None = None) -> Any:
        return module.handler({"cutoff": day(cutoff)} if cutoff else {}, None)

    return invoke


def stored(aws: MotoStack) -> None:
    """Two buyers, one of them known under two subjects."""
    for name, subjects in {"p_1": ["u:ada", "e:ada"], "p_2": ["u:bob"]}.items():
        item = {"profile_id": {"S": name}, "sk": {"S": "profile"}}
        listed = {"L": [{"S": subject} for subject in subjects]}
        aws.dynamodb.put_item(TableName="test-profiles", Item=item | {"subjects": listed})
    events = [order("ada", 10), order("ada", 20, subjects=("e:ada",)), order("bob", 60)]
    Lake("test-lake", aws.s3).archive_events("2025-01-11", events)


def test_build_dataset_publishes_what_the_lake_holds(aws: MotoStack, build: Build) -> None:
    stored(aws)
    answer = build(90)
    assert (answer["status"], answer["counts"]["buyers"], answer["counts"]["orders"]) == (
        "ok",
        2,
        3,
    )
    manifest = Datasets("test-lake", aws.s3).read_manifest(
        f"datasets/{answer['dataset_id']}/manifest.json"
    )
    assert set(manifest.files) == {"features.parquet", "interactions.parquet", "products.parquet"}


def test_build_dataset_names_the_newest_for_the_owner(aws: MotoStack, build: Build) -> None:
    stored(aws)
    answer = build(90)
    item = aws.dynamodb.get_item(TableName="test-control", Key={"id": {"S": "dataset"}})["Item"]
    assert item["dataset_id"]["S"] == answer["dataset_id"]


def test_build_dataset_leaves_out_what_came_after_the_cutoff(aws: MotoStack, build: Build) -> None:
    stored(aws)
    assert build(50)["counts"]["buyers"] == 1


def test_build_dataset_of_the_same_past_has_the_same_name(aws: MotoStack, build: Build) -> None:
    stored(aws)
    assert build(90)["dataset_id"] == build(90)["dataset_id"]


def test_build_dataset_says_what_is_missing_in_an_empty_lake(build: Build) -> None:
    assert build() == {
        "status": "insufficient_data",
        "reason": "No event has reached the lake yet.",
    }


def test_build_dataset_without_a_cutoff_is_as_of_now(aws: MotoStack, build: Build) -> None:
    stored(aws)
    assert build()["counts"]["orders"] == 3
