"""The recommender training through its handler: what it publishes and promotes, and its outcome for too little data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from regulars.learning import artifacts
from regulars.learning.recommender.history_scorer import HistoryScorer
from regulars.settings import TrainRecommenderSettings
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions
from regulars.store.model_registry import ModelRegistry
from tests.support import published_datasets, taste_shop
from tests.support.aws import MotoStack
from tests.support.gateway import load_handler

type TrainFunction = Callable[[int], dict[str, Any]]


@pytest.fixture
def train(aws: MotoStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainFunction:
    module = load_handler(
        "train_recommender", aws.build_settings(TrainRecommenderSettings), monkeypatch
    )

    def invoke(people: int) -> dict[str, Any]:
        interactions = taste_shop.build_interactions(people)
        key = published_datasets.publish_dataset(aws, tmp_path, interactions)
        event = published_datasets.object_created_event("test-lake", key)
        outcome: dict[str, Any] = module.handler(event, None)
        return outcome

    return invoke


def test_trained_recommender_is_promoted_with_its_metrics(train: TrainFunction) -> None:
    outcome = train(60)
    registry = ModelRegistry(Artifacts("test-artifacts"), Champions("test-control"))
    manifest = registry.read_champion_manifest("recommender")
    assert (outcome["promoted"], outcome["status"]) == (True, "ok")
    assert manifest
    assert manifest.version == outcome["version"]
    assert {"ndcg10", "coverage", "new", "all", "popularity"} <= set(manifest.metrics)


def test_published_artifact_and_scorer_have_the_same_products(train: TrainFunction) -> None:
    train(60)
    registry = ModelRegistry(Artifacts("test-artifacts"), Champions("test-control"))
    manifest = registry.read_champion_manifest("recommender")
    assert manifest
    content = registry.artifacts.read_file(manifest, "model.joblib")
    model = artifacts.load_estimator(content, manifest)
    assert list(model.products) == HistoryScorer(registry.read_scorer(manifest)).products


def test_outcome_states_what_is_missing_when_data_are_too_few(
    train: TrainFunction, aws: MotoStack
) -> None:
    train(12)
    key = "models/recommender/outcome.json"
    body = aws.s3.get_object(Bucket="test-artifacts", Key=key)["Body"].read()
    outcome = msgspec.json.decode(body)
    assert (outcome["status"], outcome["promoted"]) == ("insufficient_data", False)
    assert "12 buyers" in outcome["reason"]
