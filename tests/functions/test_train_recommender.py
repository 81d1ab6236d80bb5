"""The function that trains the recommender, on moto: what it publishes, promotes and says when there is too little."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from regulars.learning import artifacts as frames
from regulars.learning.recommender.history_scorer import HistoryScorer
from regulars.settings import TrainRecommenderSettings
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions
from regulars.store.registry import ModelRegistry
from tests.support import learning
from tests.support import sample_shops as shops
from tests.support.aws import MotoStack
from tests.support.gateway import loaded

type Training = Callable[[int], dict[str, Any]]


@pytest.fixture
def training(aws: MotoStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Training:
    module = loaded("train_recommender", aws.build_settings(TrainRecommenderSettings), monkeypatch)

    def run(people: int) -> dict[str, Any]:
        key = learning.publish(aws, tmp_path, shops.interactions(people))
        answer: dict[str, Any] = module.handler(learning.arrived("test-lake", key), None)
        return answer

    return run


def test_trained_recommender_is_promoted_with_its_measures(training: Training) -> None:
    outcome = training(60)
    manifest = ModelRegistry(
        Artifacts("test-artifacts"), Champions("test-control")
    ).read_champion_manifest("recommender")
    assert (outcome["promoted"], outcome["status"]) == (True, "ok")
    assert manifest
    assert manifest.version == outcome["version"]
    assert {"ndcg10", "coverage", "new", "all", "popularity"} <= set(manifest.metrics)


def test_published_artifact_and_scorer_are_read_back_alike(training: Training) -> None:
    training(60)
    registry = ModelRegistry(Artifacts("test-artifacts"), Champions("test-control"))
    manifest = registry.read_champion_manifest("recommender")
    assert manifest
    recommender = frames.load(registry.artifacts.read_file(manifest, "model.joblib"), manifest)
    plain = HistoryScorer(registry.read_scorer(manifest))
    assert list(recommender.products) == plain.products


def test_outcome_says_what_is_missing_when_there_is_too_little(
    training: Training, aws: MotoStack
) -> None:
    training(12)
    key = "models/recommender/outcome.json"
    body = aws.s3.get_object(Bucket="test-artifacts", Key=key)["Body"].read()
    outcome = msgspec.json.decode(body)
    assert (outcome["status"], outcome["promoted"]) == ("insufficient_data", False)
    assert "12 buyers" in outcome["reason"]
