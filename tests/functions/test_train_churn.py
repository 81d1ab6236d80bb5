"""Churn trained through its handler on a dataset that was built from events."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regulars.domain.events import Event
from regulars.settings import TrainChurnSettings
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions
from regulars.store.datasets import Datasets
from regulars.store.registry import ModelRegistry
from tests.support import learning
from tests.support.aws import MotoStack
from tests.support.gateway import loaded
from tests.support.lake import built, order, page

type Train = Callable[[list[Event]], dict[str, Any]]


@pytest.fixture
def train(aws: MotoStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Train:
    """Builds a dataset of these events and trains on it."""

    def invoke(events: list[Event]) -> Any:
        manifest = built(tmp_path / "dataset", events, 240)
        key = Datasets("test-lake", aws.s3).publish_dataset(manifest, tmp_path / "dataset")
        module = loaded("train_churn", aws.build_settings(TrainChurnSettings), monkeypatch)
        return module.handler(learning.arrived("test-lake", key), None)

    return invoke


def champion(aws: MotoStack) -> dict[str, Any]:
    """The champion's plain scorer, read through the whole chain of digests."""
    artifacts = Artifacts("test-artifacts", aws.s3)
    registry = ModelRegistry(artifacts, Champions("test-control", aws.dynamodb))
    manifest = registry.read_champion_manifest("churn")
    assert manifest
    return registry.read_scorer(manifest)


def shop() -> list[Event]:
    """Seventy who come back every fortnight, and seventy whose third order is their last."""
    drawn = random.Random(2)
    events = []
    for number in range(140):
        start = drawn.uniform(0, 170)
        times = 30 if number % 2 else 3
        days = [start + 14 * time + drawn.uniform(0, 4) for time in range(times)]
        events += [order(f"c{number}", at, drawn.randint(500, 5000)) for at in days if at < 240]
    return events


def test_train_churn_promotes_a_model_that_knows_who_leaves(aws: MotoStack, train: Train) -> None:
    outcome = train(shop())
    assert (outcome["status"], outcome["promoted"]) == ("ok", True)
    stored = champion(aws)
    assert stored["horizon_days"] == 30
    assert stored["kind"] in {"linear", "trees"}


def test_train_churn_says_what_is_missing_when_nobody_bought(train: Train) -> None:
    outcome = train([page("eve", 30), page("eve", 31)])
    assert (outcome["status"], outcome["reason"]) == ("insufficient_data", "0 of 50 repeat buyers.")


def test_train_churn_refuses_a_shop_that_loses_nobody(train: Train) -> None:
    loyal = [order(f"c{number}", at) for number in range(60) for at in range(number % 7, 240, 7)]
    outcome = train(loyal)
    assert (outcome["status"], outcome["reason"]) == (
        "insufficient_data",
        "0 of 20 buyers who stayed away.",
    )
