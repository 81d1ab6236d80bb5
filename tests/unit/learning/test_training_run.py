"""One training from dataset to outcome, with a trainer of fixed predictions."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import joblib
import msgspec
import numpy as np
import pytest

from regulars.domain.errors import InsufficientDataError, TamperedArtifactError
from regulars.domain.manifests import ModelManifest, TrainingOutcome
from regulars.learning import artifacts, gate
from regulars.learning import training_run as training
from regulars.learning.contract import (
    Dataset,
    FloatArray,
    ModelComparison,
    Requirement,
    TrainedModel,
)
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions
from regulars.store.datasets import Datasets
from regulars.store.model_registry import ModelRegistry
from tests.support.aws import MotoStack
from tests.support.lake_events import build_lake_dataset, order_event

NOW = datetime(2025, 6, 1, tzinfo=UTC)
EVENTS = [order_event("ada", 10), order_event("bob", 12)]


@dataclass
class StubTrainer:
    """Return fixed predictions and a fixed comparison; `drift` separates the scorer from the estimator."""

    comparison: ModelComparison = field(default_factory=ModelComparison)
    drift: float = 0.0
    missing: str = ""
    model: str = "churn"
    compared_champions: list[Mapping[str, Any] | None] = field(default_factory=list)

    def fit(self, dataset: Dataset) -> TrainedModel:  # noqa: ARG002
        if self.missing:
            raise InsufficientDataError(self.missing)
        return TrainedModel(
            estimator={"weight": 1.0},
            scorer={"weight": 1.0 + self.drift},
            features=("orders",),
            metrics={"auc": 0.8},
        )

    def predict(self, estimator: Any, dataset: Dataset) -> FloatArray:
        return np.full(len(dataset.scoring_rows), estimator["weight"])

    def score(self, scorer: Mapping[str, Any], dataset: Dataset) -> FloatArray:
        return np.full(len(dataset.scoring_rows), scorer["weight"])

    def follow_champion(
        self,
        trained: TrainedModel,
        champion: Mapping[str, Any],
        dataset: Dataset,  # noqa: ARG002
    ) -> TrainedModel:
        kept = {name: value for name, value in champion.items() if name == "ids"}
        return replace(trained, scorer=dict(trained.scorer) | kept)

    def compare(
        self,
        trained: TrainedModel,  # noqa: ARG002
        champion: Mapping[str, Any] | None,
        dataset: Dataset,  # noqa: ARG002
    ) -> ModelComparison:
        self.compared_champions.append(champion)
        return self.comparison

    def renew(
        self,
        trained: TrainedModel,
        champion: Mapping[str, Any],
        dataset: Dataset,  # noqa: ARG002
    ) -> TrainedModel:
        return replace(trained, metrics={"renewed": champion["weight"]})


@dataclass(frozen=True)
class TrainedShop:
    """A published dataset and an empty registry."""

    aws: MotoStack
    folder: Path
    datasets: Datasets
    registry: ModelRegistry

    def train(self, trainer: StubTrainer, cutoff: float = 0) -> TrainingOutcome:
        """Train on a new dataset, a minute later than the one before unless its day is given."""
        count = len(list(self.folder.iterdir()))
        folder, cutoff = self.folder / str(count), cutoff or 50 + count / 1440
        key = self.datasets.publish_dataset(build_lake_dataset(folder, EVENTS, cutoff), folder)
        return training.train_model(trainer, key, self.datasets, self.registry, NOW)


@pytest.fixture
def shop(aws: MotoStack, tmp_path: Path) -> TrainedShop:
    registry = ModelRegistry(
        Artifacts("test-artifacts", aws.s3), Champions("test-control", aws.dynamodb)
    )
    return TrainedShop(
        aws=aws, folder=tmp_path, datasets=Datasets("test-lake", aws.s3), registry=registry
    )


def load_champion(shop: TrainedShop) -> ModelManifest:
    manifest = shop.registry.read_champion_manifest("churn")
    assert manifest
    return manifest


def test_first_model_is_published_and_promoted(shop: TrainedShop) -> None:
    outcome = shop.train(StubTrainer())
    manifest = load_champion(shop)
    assert (outcome.promoted, outcome.version) == (True, manifest.version)
    assert (manifest.metrics, set(manifest.files)) == (
        {"auc": 0.8},
        {"model.joblib", "scorer.json"},
    )
    assert artifacts.load_estimator(
        shop.registry.artifacts.read_file(manifest, "model.joblib"), manifest
    ) == {"weight": 1.0}


def test_outcome_is_stored_as_it_is_returned(shop: TrainedShop) -> None:
    outcome = shop.train(StubTrainer())
    assert shop.registry.artifacts.read_outcome("models/churn/outcome.json") == outcome


@pytest.mark.parametrize("day", [50, 49], ids=["same dataset", "older dataset"])
def test_second_or_late_event_trains_nothing(shop: TrainedShop, day: float) -> None:
    first = shop.train(StubTrainer(), 50)
    trainer = StubTrainer(ModelComparison(gain=0.1, standard_error=0.01))
    assert shop.train(trainer, day) == first
    assert trainer.compared_champions == []


def test_challenger_that_gains_nothing_leaves_the_champion(shop: TrainedShop) -> None:
    first = shop.train(StubTrainer())
    second = shop.train(StubTrainer(ModelComparison(standard_error=0.01)))
    assert (second.promoted, second.reason) == (
        False,
        "It does not beat the champion beyond its error.",
    )
    assert load_champion(shop).version == first.version


def test_challenger_is_compared_with_the_champions_scorer(shop: TrainedShop) -> None:
    shop.train(StubTrainer())
    trainer = StubTrainer(ModelComparison(gain=0.1, standard_error=0.01))
    assert shop.train(trainer).promoted
    assert trainer.compared_champions == [{"weight": 1.0}]


def test_published_scorer_has_what_it_took_over_from_the_champion(shop: TrainedShop) -> None:
    class NamedTrainer(StubTrainer):
        def fit(self, dataset: Dataset) -> TrainedModel:
            return replace(super().fit(dataset), scorer={"weight": 1.0, "ids": ["a"]})

    shop.train(NamedTrainer())
    shop.train(StubTrainer(ModelComparison(gain=0.1)))
    assert shop.registry.read_scorer(load_champion(shop)) == {"weight": 1.0, "ids": ["a"]}


@pytest.mark.parametrize(("cutoff", "promoted"), [(77, False), (78, True)])
def test_champion_gives_way_with_age(shop: TrainedShop, cutoff: float, promoted: bool) -> None:
    shop.train(StubTrainer(), 50)
    assert shop.train(StubTrainer(), cutoff).promoted is promoted


@pytest.mark.parametrize(
    ("gain", "reason", "metrics"),
    [
        (0.1, gate.INCOMPATIBLE_CHAMPION, {"auc": 0.8}),
        (0.0, gate.RENEWED_CHAMPION, {"renewed": 1.0}),
    ],
)
def test_incompatible_champion_is_compared_before_it_is_replaced(
    shop: TrainedShop, gain: float, reason: str, metrics: dict[str, float]
) -> None:
    shop.train(StubTrainer())
    trainer = StubTrainer(ModelComparison(gain=gain, standard_error=0.01, compatible=False))
    assert shop.train(trainer).reason == reason
    assert load_champion(shop).metrics == metrics
    assert set(map(str, trainer.compared_champions)) == {"{'weight': 1.0}"}


def test_stale_champion_stays_when_the_challenger_is_worse(shop: TrainedShop) -> None:
    first = shop.train(StubTrainer(), 50)
    trainer = StubTrainer(ModelComparison(gain=-0.1, standard_error=0.01))
    assert not shop.train(trainer, 90).promoted
    assert trainer.compared_champions == [{"weight": 1.0}]
    assert load_champion(shop).version == first.version


def test_incompatible_champion_stays_when_the_challenger_fails_a_requirement(
    shop: TrainedShop,
) -> None:
    first = shop.train(StubTrainer())
    failed = (Requirement("ranking", False, "It may be chance."),)
    trainer = StubTrainer(ModelComparison(gain=0.1, compatible=False, requirements=failed))
    assert shop.train(trainer).reason == "It may be chance."
    assert load_champion(shop).version == first.version


def test_tampered_champion_is_replaced(shop: TrainedShop) -> None:
    key = f"models/churn/{shop.train(StubTrainer()).version}/scorer.json"
    shop.aws.s3.put_object(Bucket="test-artifacts", Key=key, Body=b'{"weight":9}')
    assert (
        shop.train(StubTrainer()).reason == "The champion's bytes are not those that were promoted."
    )


@pytest.mark.parametrize(("drift", "promoted"), [(1e-8, False), (1e-10, True)])
def test_scorer_that_disagrees_is_not_promoted(
    shop: TrainedShop, drift: float, promoted: bool
) -> None:
    assert shop.train(StubTrainer(drift=drift)).promoted is promoted


def test_too_little_data_is_an_outcome_with_its_reason(shop: TrainedShop) -> None:
    outcome = shop.train(StubTrainer(missing="41 of 50 repeat buyers."))
    assert (outcome.status, outcome.reason) == ("insufficient_data", "41 of 50 repeat buyers.")
    assert shop.registry.read_champion_manifest("churn") is None


def test_too_little_data_keeps_the_champion(shop: TrainedShop) -> None:
    first = shop.train(StubTrainer())
    assert not shop.train(StubTrainer(missing="1 of 50 repeat buyers.")).promoted
    assert load_champion(shop).version == first.version


def test_training_that_lost_the_race_is_not_promoted(
    shop: TrainedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.train(StubTrainer())
    monkeypatch.setattr(shop.registry.champions, "find_champion", lambda _: None)
    outcome = shop.train(StubTrainer())
    assert (outcome.promoted, outcome.reason) == (
        False,
        "Another churn model was promoted meanwhile.",
    )


def test_tampered_artifact_is_never_deserialised(
    shop: TrainedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.train(StubTrainer())
    manifest, loaded = load_champion(shop), list[object]()
    key = f"models/churn/{manifest.version}/model.joblib"
    shop.aws.s3.put_object(Bucket="test-artifacts", Key=key, Body=dump_other_estimator())
    monkeypatch.setattr(joblib, "load", loaded.append)
    with pytest.raises(TamperedArtifactError):
        artifacts.load_estimator(
            shop.registry.artifacts.read_file(manifest, "model.joblib"), manifest
        )
    assert loaded == []


def test_artifact_of_another_library_version_is_never_deserialised(
    shop: TrainedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.train(StubTrainer())
    old_manifest = msgspec.structs.replace(load_champion(shop), versions={"scikit-learn": "0.1"})
    loaded = list[object]()
    monkeypatch.setattr(joblib, "load", loaded.append)
    with pytest.raises(TamperedArtifactError, match="another python"):
        artifacts.load_estimator(b"", old_manifest)
    assert loaded == []


def test_artifact_of_a_class_that_is_gone_is_refused(shop: TrainedShop) -> None:
    shop.train(StubTrainer())
    pickle_of_gone_class = b"cregulars.gone\nRecommender\n."
    with pytest.raises(TamperedArtifactError, match="another version of this code"):
        artifacts.load_estimator(pickle_of_gone_class, load_champion(shop))


def dump_other_estimator() -> bytes:
    buffer = io.BytesIO()
    joblib.dump({"weight": 9.0}, buffer)
    return buffer.getvalue()
