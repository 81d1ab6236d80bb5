"""One training from dataset to outcome, with a trainer whose answers are given."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import joblib
import msgspec
import numpy as np
import pytest

from regulars.domain.errors import InsufficientDataError, TamperedArtifactError
from regulars.domain.manifests import ModelManifest, TrainingOutcome
from regulars.learning import artifacts as frames
from regulars.learning import training_run as training
from regulars.learning.contract import Comparison, Dataset, Floats, Trained
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions
from regulars.store.datasets import Datasets
from regulars.store.registry import ModelRegistry
from tests.support.aws import MotoStack
from tests.support.lake import built, order

NOW = datetime(2025, 6, 1, tzinfo=UTC)
EVENTS = [order("ada", 10), order("bob", 12)]


@dataclass
class GivenTrainer:
    """Answers what it is told to."""

    comparison: Comparison = field(default_factory=Comparison)
    drift: float = 0.0
    missing: str = ""
    model: str = "churn"
    asked: list[Mapping[str, Any] | None] = field(default_factory=list)

    def fit(self, dataset: Dataset) -> Trained:  # noqa: ARG002
        if self.missing:
            raise InsufficientDataError(self.missing)
        return Trained(
            {"weight": 1.0}, {"weight": 1.0 + self.drift}, ("orders",), metrics={"auc": 0.8}
        )

    def predict(self, estimator: Any, dataset: Dataset) -> Floats:
        return np.full(len(dataset.present), estimator["weight"])

    def score(self, scorer: Mapping[str, Any], dataset: Dataset) -> Floats:
        return np.full(len(dataset.present), scorer["weight"])

    def compare(
        self,
        trained: Trained,  # noqa: ARG002
        champion: Mapping[str, Any] | None,
        dataset: Dataset,  # noqa: ARG002
    ) -> Comparison:
        self.asked.append(champion)
        return self.comparison


@dataclass(frozen=True)
class Shop:
    """A published dataset and an empty registry."""

    aws: MotoStack
    folder: Path
    datasets: Datasets
    registry: ModelRegistry

    def train(self, trainer: GivenTrainer, cutoff: float = 50) -> TrainingOutcome:
        folder = self.folder / str(len(list(self.folder.iterdir())))
        key = self.datasets.publish_dataset(built(folder, EVENTS, cutoff), folder)
        return training.train(trainer, key, self.datasets, self.registry, NOW)


@pytest.fixture
def shop(aws: MotoStack, tmp_path: Path) -> Shop:
    registry = ModelRegistry(
        Artifacts("test-artifacts", aws.s3), Champions("test-control", aws.dynamodb)
    )
    return Shop(aws, tmp_path, Datasets("test-lake", aws.s3), registry)


def champion(shop: Shop) -> ModelManifest:
    manifest = shop.registry.read_champion_manifest("churn")
    assert manifest
    return manifest


def test_first_model_is_published_and_promoted(shop: Shop) -> None:
    outcome = shop.train(GivenTrainer())
    manifest = champion(shop)
    assert (outcome.promoted, outcome.version) == (True, manifest.version)
    assert (manifest.metrics, set(manifest.files)) == (
        {"auc": 0.8},
        {"model.joblib", "scorer.json"},
    )
    assert frames.load(shop.registry.artifacts.read_file(manifest, "model.joblib"), manifest) == {
        "weight": 1.0
    }


def test_outcome_is_stored_as_it_is_returned(shop: Shop) -> None:
    outcome = shop.train(GivenTrainer())
    assert shop.registry.artifacts.read_outcome("models/churn/outcome.json") == outcome


def test_challenger_that_gains_nothing_leaves_the_champion(shop: Shop) -> None:
    first = shop.train(GivenTrainer())
    second = shop.train(GivenTrainer(Comparison(0.0, 0.01)))
    assert (second.promoted, second.reason) == (
        False,
        "It does not beat the champion beyond its error.",
    )
    assert champion(shop).version == first.version


def test_challenger_is_compared_with_the_champions_scorer(shop: Shop) -> None:
    shop.train(GivenTrainer())
    trainer = GivenTrainer(Comparison(0.1, 0.01))
    assert shop.train(trainer).promoted
    assert trainer.asked == [{"weight": 1.0}]


@pytest.mark.parametrize(("cutoff", "promoted"), [(77, False), (78, True)])
def test_champion_gives_way_with_age(shop: Shop, cutoff: float, promoted: bool) -> None:
    shop.train(GivenTrainer(), 50)
    assert shop.train(GivenTrainer(), cutoff).promoted is promoted


def test_incompatible_champion_is_replaced(shop: Shop) -> None:
    shop.train(GivenTrainer())
    trainer = GivenTrainer(Comparison(compatible=False))
    assert shop.train(trainer).promoted
    assert trainer.asked[-1] is None


def test_tampered_champion_is_replaced(shop: Shop) -> None:
    key = f"models/churn/{shop.train(GivenTrainer()).version}/scorer.json"
    shop.aws.s3.put_object(Bucket="test-artifacts", Key=key, Body=b'{"weight":9}')
    assert (
        shop.train(GivenTrainer()).reason
        == "The champion's bytes are not those that were promoted."
    )


@pytest.mark.parametrize(("drift", "promoted"), [(1e-8, False), (1e-10, True)])
def test_scorer_that_disagrees_is_not_promoted(shop: Shop, drift: float, promoted: bool) -> None:
    assert shop.train(GivenTrainer(drift=drift)).promoted is promoted


def test_too_little_data_is_an_outcome_with_its_reason(shop: Shop) -> None:
    outcome = shop.train(GivenTrainer(missing="41 of 50 repeat buyers."))
    assert (outcome.status, outcome.reason) == ("insufficient_data", "41 of 50 repeat buyers.")
    assert shop.registry.read_champion_manifest("churn") is None


def test_too_little_data_keeps_the_champion(shop: Shop) -> None:
    first = shop.train(GivenTrainer())
    assert not shop.train(GivenTrainer(missing="1 of 50 repeat buyers.")).promoted
    assert champion(shop).version == first.version


def test_training_that_lost_the_race_says_so(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.train(GivenTrainer())
    monkeypatch.setattr(shop.registry.champions, "find_champion", lambda _: None)
    outcome = shop.train(GivenTrainer())
    assert (outcome.promoted, outcome.reason) == (
        False,
        "Another churn model was promoted meanwhile.",
    )


def test_tampered_artifact_is_never_deserialised(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.train(GivenTrainer())
    manifest, loaded = champion(shop), list[object]()
    key = f"models/churn/{manifest.version}/model.joblib"
    shop.aws.s3.put_object(Bucket="test-artifacts", Key=key, Body=poison())
    monkeypatch.setattr(joblib, "load", loaded.append)
    with pytest.raises(TamperedArtifactError):
        frames.load(shop.registry.artifacts.read_file(manifest, "model.joblib"), manifest)
    assert loaded == []


def test_artifact_of_another_library_version_is_never_deserialised(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.train(GivenTrainer())
    old = msgspec.structs.replace(champion(shop), versions={"scikit-learn": "0.1"})
    loaded = list[object]()
    monkeypatch.setattr(joblib, "load", loaded.append)
    with pytest.raises(TamperedArtifactError, match="another python"):
        frames.load(b"", old)
    assert loaded == []


def poison() -> bytes:
    buffer = io.BytesIO()
    joblib.dump({"weight": 9.0}, buffer)
    return buffer.getvalue()
