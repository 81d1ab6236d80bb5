"""The churn training through its handler, on a dataset built from events."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regulars.domain.events import Event
from regulars.settings import TrainChurnSettings
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions
from regulars.store.datasets import Datasets
from regulars.store.model_registry import ModelRegistry
from tests.support import published_datasets
from tests.support.aws import MotoStack
from tests.support.gateway import load_handler
from tests.support.lake_events import (
    activity_event,
    build_churn_events,
    build_lake_dataset,
    order_event,
)

type TrainFunction = Callable[[list[Event]], dict[str, Any]]


@pytest.fixture
def train(aws: MotoStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainFunction:
    """Return a function that builds a dataset of events and invokes the handler with it."""

    def invoke(events: list[Event]) -> Any:
        manifest = build_lake_dataset(tmp_path / "dataset", events, 240)
        key = Datasets("test-lake", aws.s3).publish_dataset(manifest, tmp_path / "dataset")
        module = load_handler("train_churn", aws.build_settings(TrainChurnSettings), monkeypatch)
        return module.handler(published_datasets.object_created_event("test-lake", key), None)

    return invoke


def load_champion_scorer(aws: MotoStack) -> dict[str, Any]:
    """Return the champion's plain scorer, verified through the whole chain of digests."""
    artifacts = Artifacts("test-artifacts", aws.s3)
    registry = ModelRegistry(artifacts, Champions("test-control", aws.dynamodb))
    manifest = registry.read_champion_manifest("churn")
    assert manifest
    return registry.read_scorer(manifest)


def test_train_churn_promotes_a_model_of_who_stays_away(
    aws: MotoStack, train: TrainFunction
) -> None:
    outcome = train(build_churn_events())
    assert (outcome["status"], outcome["promoted"]) == ("ok", True)
    scorer = load_champion_scorer(aws)
    assert scorer["horizon_days"] == 30
    assert scorer["kind"] in {"linear", "trees"}


def test_train_churn_states_what_is_missing_when_nobody_bought(train: TrainFunction) -> None:
    outcome = train([activity_event("eve", 30), activity_event("eve", 31)])
    assert (outcome["status"], outcome["reason"]) == ("insufficient_data", "0 of 50 repeat buyers.")


def test_train_churn_refuses_a_shop_that_loses_nobody(train: TrainFunction) -> None:
    loyal_orders = [
        order_event(f"c{number}", day) for number in range(60) for day in range(number % 7, 240, 7)
    ]
    outcome = train(loyal_orders)
    assert (outcome["status"], outcome["reason"]) == (
        "insufficient_data",
        "0 of 20 buyers who stayed away.",
    )
