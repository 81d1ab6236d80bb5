"""Segments trained through its handler on a dataset that was built from events."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regulars.domain.events import Event
from regulars.settings import TrainSegmentsSettings
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
        module = loaded("train_segments", aws.build_settings(TrainSegmentsSettings), monkeypatch)
        return module.handler(learning.arrived("test-lake", key), None)

    return invoke


def champion(aws: MotoStack) -> dict[str, Any]:
    """The champion's plain scorer, read through the whole chain of digests."""
    artifacts = Artifacts("test-artifacts", aws.s3)
    registry = ModelRegistry(artifacts, Champions("test-control", aws.dynamodb))
    manifest = registry.read_champion_manifest("segments")
    assert manifest
    return registry.read_scorer(manifest)


def test_train_segments_promotes_uniquely_named_groups(aws: MotoStack, train: Train) -> None:
    often = [
        order(f"a{number}", at, 9000 + number) for number in range(40) for at in range(0, 240, 20)
    ]
    once = [order(f"b{number}", 30 + number, 500 + number) for number in range(40)]
    assert train(often + once)["promoted"]
    names = [segment[0] for segment in champion(aws)["kmeans"]["segments"]]
    assert len(names) == len(set(names)) >= 2


def test_train_segments_promotes_rfm_for_a_single_buyer(aws: MotoStack, train: Train) -> None:
    assert train([order("ada", 200)])["promoted"]
    assert champion(aws)["kmeans"] is None


def test_train_segments_says_what_is_missing_when_nobody_bought(train: Train) -> None:
    outcome = train([page("eve", 30)])
    assert (outcome["status"], outcome["reason"]) == ("insufficient_data", "0 of 1 buyer.")
