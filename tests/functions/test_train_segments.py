"""The segments training through its handler, on a dataset built from events."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regulars.domain.events import Event
from regulars.settings import TrainSegmentsSettings
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions
from regulars.store.datasets import Datasets
from regulars.store.model_registry import ModelRegistry
from tests.support import published_datasets
from tests.support.aws import MotoStack
from tests.support.gateway import load_handler
from tests.support.lake_events import activity_event, build_lake_dataset, order_event

type TrainFunction = Callable[[list[Event]], dict[str, Any]]


@pytest.fixture
def train(aws: MotoStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainFunction:
    """Return a function that builds a dataset of events and invokes the handler with it."""

    def invoke(events: list[Event]) -> Any:
        manifest = build_lake_dataset(tmp_path / "dataset", events, 240)
        key = Datasets("test-lake", aws.s3).publish_dataset(manifest, tmp_path / "dataset")
        module = load_handler(
            "train_segments", aws.build_settings(TrainSegmentsSettings), monkeypatch
        )
        return module.handler(published_datasets.object_created_event("test-lake", key), None)

    return invoke


def load_champion_scorer(aws: MotoStack) -> dict[str, Any]:
    """Return the champion's plain scorer, verified through the whole chain of digests."""
    artifacts = Artifacts("test-artifacts", aws.s3)
    registry = ModelRegistry(artifacts, Champions("test-control", aws.dynamodb))
    manifest = registry.read_champion_manifest("segments")
    assert manifest
    return registry.read_scorer(manifest)


def test_train_segments_promotes_uniquely_named_groups(
    aws: MotoStack, train: TrainFunction
) -> None:
    frequent_orders = [
        order_event(f"a{number}", day, 9000 + number)
        for number in range(40)
        for day in range(0, 240, 20)
    ]
    single_orders = [order_event(f"b{number}", 30 + number, 500 + number) for number in range(40)]
    assert train(frequent_orders + single_orders)["promoted"]
    segments = load_champion_scorer(aws)["kmeans"]["segments"]
    for position in (0, 1):
        assert len({segment[position] for segment in segments}) == len(segments) >= 2


def test_train_segments_promotes_rfm_for_a_single_buyer(
    aws: MotoStack, train: TrainFunction
) -> None:
    assert train([order_event("ada", 200)])["promoted"]
    assert load_champion_scorer(aws)["kmeans"] is None


def test_train_segments_states_what_is_missing_when_nobody_bought(train: TrainFunction) -> None:
    outcome = train([activity_event("eve", 30)])
    assert (outcome["status"], outcome["reason"]) == ("insufficient_data", "0 of 1 buyer.")
