"""The dataset build through its handler, from archived events."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from regulars.settings import BuildDatasetSettings
from regulars.store.datasets import Datasets
from regulars.store.lake import Lake
from tests.support.aws import MotoStack
from tests.support.gateway import load_handler
from tests.support.lake_events import day_text, order_event

type BuildFunction = Callable[..., dict[str, Any]]


@pytest.fixture
def build(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> BuildFunction:
    """Return a function that invokes the handler, optionally as of a day."""
    module = load_handler("build_dataset", aws.build_settings(BuildDatasetSettings), monkeypatch)

    def invoke(cutoff_day: float | None = None, **event: Any) -> Any:
        if cutoff_day:
            event["cutoff"] = day_text(cutoff_day)
        return module.handler(event, None)

    return invoke


def store_two_buyers(aws: MotoStack) -> None:
    """Archive the events of two buyers; one has two subjects."""
    events = [
        order_event("ada", 10, subjects=("u:ada", "e:ada"), trust="server"),
        order_event("ada", 20, subjects=("e:ada",)),
        order_event("bob", 60),
    ]
    Lake("test-lake", aws.s3).archive_events("2025-01-11", events)


def test_build_dataset_publishes_what_the_lake_holds(aws: MotoStack, build: BuildFunction) -> None:
    store_two_buyers(aws)
    response = build(90)
    counts = response["counts"]
    assert (response["status"], counts["buyers"], counts["orders"]) == ("ok", 2, 3)
    key = f"datasets/{response['dataset_id']}/manifest.json"
    manifest = Datasets("test-lake", aws.s3).read_manifest(key)
    assert set(manifest.files) == {"features.parquet", "interactions.parquet", "products.parquet"}


def test_build_dataset_stores_the_latest_dataset_id(aws: MotoStack, build: BuildFunction) -> None:
    store_two_buyers(aws)
    response = build(90)
    item = aws.dynamodb.get_item(TableName="test-control", Key={"id": {"S": "dataset"}})["Item"]
    assert item["dataset_id"]["S"] == response["dataset_id"]


def test_build_dataset_excludes_events_after_the_cutoff(
    aws: MotoStack, build: BuildFunction
) -> None:
    store_two_buyers(aws)
    assert build(50)["counts"]["buyers"] == 1


def test_build_dataset_of_the_same_events_has_the_same_id(
    aws: MotoStack, build: BuildFunction
) -> None:
    store_two_buyers(aws)
    assert build(90)["dataset_id"] == build(90)["dataset_id"]


def test_build_dataset_states_what_is_missing_in_an_empty_lake(build: BuildFunction) -> None:
    assert build() == {
        "status": "insufficient_data",
        "reason": "No event has reached the lake yet.",
    }


def test_build_dataset_without_a_cutoff_is_as_of_now(aws: MotoStack, build: BuildFunction) -> None:
    store_two_buyers(aws)
    assert build()["counts"]["orders"] == 3


def read_latest(aws: MotoStack) -> dict[str, str]:
    """Return the attributes of the control item of the newest dataset."""
    item = aws.dynamodb.get_item(TableName="test-control", Key={"id": {"S": "dataset"}})["Item"]
    return {name: value["S"] for name, value in item.items()}


def test_night_without_a_new_event_is_skipped_and_recorded(
    aws: MotoStack, build: BuildFunction
) -> None:
    store_two_buyers(aws)
    first = build()
    stored_before = aws.s3.list_objects_v2(Bucket="test-lake", Prefix="datasets/")["Contents"]
    response = build()
    assert response["status"] == "unchanged"
    assert first["dataset_id"] in response["reason"]
    stored = aws.s3.list_objects_v2(Bucket="test-lake", Prefix="datasets/")["Contents"]
    assert stored == stored_before
    latest = read_latest(aws)
    assert (latest["dataset_id"], latest["skipped_at"] > "2026") == (first["dataset_id"], True)


@pytest.mark.parametrize("change", ["new event", "erasure", "rebuild", "past dataset"])
def test_night_with_a_change_builds_a_dataset(
    aws: MotoStack, build: BuildFunction, change: str
) -> None:
    store_two_buyers(aws)
    build()
    build()
    if change == "new event":
        Lake("test-lake", aws.s3).archive_events("2025-03-03", [order_event("eve", 61)])
    elif change == "erasure":
        (stored,) = aws.s3.list_objects_v2(Bucket="test-lake", Prefix="events/")["Contents"]
        aws.s3.put_object(Bucket="test-lake", Key=stored["Key"], Body=gzip.compress(b""))
    elif change == "past dataset":
        build(50)
    assert build(rebuild=change == "rebuild")["status"] == "ok"
    assert read_latest(aws)["skipped_at"] == ""


def test_dataset_of_the_future_is_as_of_now(aws: MotoStack, build: BuildFunction) -> None:
    store_two_buyers(aws)
    response = build(365_000)
    assert response["dataset_id"] <= f"{datetime.now(UTC):%Y%m%dT%H%M%S}-z"
