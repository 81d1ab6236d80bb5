"""Train one model on one dataset: fit, evaluate, gate, publish, promote and store the outcome."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

import msgspec
import numpy as np

from regulars.domain.errors import (
    ConcurrentUpdateError,
    InsufficientDataError,
    TamperedArtifactError,
)
from regulars.domain.manifests import (
    Champion,
    GateDecision,
    ModelManifest,
    TrainingOutcome,
    encode_manifest,
    hash_bytes,
)
from regulars.domain.times import from_text, to_text
from regulars.learning import artifacts, gate
from regulars.learning.contract import Dataset, ModelComparison, TrainedModel, Trainer
from regulars.learning.datasets.frames import read_dataset
from regulars.store.datasets import Datasets
from regulars.store.model_registry import ModelRegistry

# A champion whose dataset is this much older is replaced by any challenger that is not worse than a plain rule.
MAX_CHAMPION_AGE_DAYS = 28.0


def train_model(
    trainer: Trainer, manifest_key: str, datasets: Datasets, registry: ModelRegistry, now: datetime
) -> TrainingOutcome:
    """Train on the dataset whose manifest is stored under `manifest_key`; store the outcome last, and return it."""
    dataset_manifest = datasets.read_manifest(manifest_key)
    dataset = read_dataset(dataset_manifest, partial(datasets.read_file, dataset_manifest))
    champion = registry.champions.find_champion(trainer.model)
    try:
        manifest, files = _train_challenger(trainer, dataset, registry, champion, now)
    except InsufficientDataError as error:
        manifest, files = _build_insufficient_manifest(trainer.model, dataset, str(error), now), {}
    digest = registry.artifacts.publish_version(manifest, files)
    outcome = _promote_version(manifest, digest, champion, registry)
    registry.artifacts.write_outcome(outcome)
    return outcome


def _train_challenger(
    trainer: Trainer,
    dataset: Dataset,
    registry: ModelRegistry,
    champion: Champion | None,
    now: datetime,
) -> tuple[ModelManifest, dict[str, bytes]]:
    """Return the manifest and the files of a new version."""
    trained = trainer.fit(dataset)
    files = {
        "model.joblib": artifacts.dump_estimator(trained.estimator),
        "scorer.json": msgspec.json.encode(trained.scorer, order="deterministic"),
    }
    comparison, vacancy = _compare_with_champion(trainer, trained, dataset, registry, champion)
    decision = gate.decide_promotion(comparison, _measure_parity(trainer, files, dataset), vacancy)
    return _build_manifest(trainer.model, dataset, trained, files, decision, now), files


def _compare_with_champion(
    trainer: Trainer,
    trained: TrainedModel,
    dataset: Dataset,
    registry: ModelRegistry,
    champion: Champion | None,
) -> tuple[ModelComparison, str]:
    """Compare with the champion, or with a plain rule when the champion's place is free; return also why it is free.

    A champion may have been trained on the hold-out, so that no challenger can beat it. Its age alone frees its place.
    """
    if not champion:
        return trainer.compare(trained, None, dataset), gate.FIRST_VERSION
    try:
        manifest = registry.artifacts.read_manifest(trainer.model, champion)
        comparison = trainer.compare(trained, registry.read_scorer(manifest), dataset)
        vacancy = _find_vacancy(manifest, comparison, dataset)
    except TamperedArtifactError:
        vacancy = gate.TAMPERED_CHAMPION
    return (trainer.compare(trained, None, dataset) if vacancy else comparison), vacancy


def _find_vacancy(champion: ModelManifest, comparison: ModelComparison, dataset: Dataset) -> str:
    """Return why the champion has to give up its place, or ''."""
    age = from_text(dataset.manifest.cutoff) - from_text(champion.window["cutoff"])
    if age.total_seconds() / 86400 >= MAX_CHAMPION_AGE_DAYS:
        return gate.STALE_CHAMPION
    return "" if comparison.compatible else gate.INCOMPATIBLE_CHAMPION


def _measure_parity(trainer: Trainer, files: Mapping[str, bytes], dataset: Dataset) -> float:
    """Return the largest difference between the predictions of the two files.

    Both files are decoded first: what is compared is what would be loaded, not what is in memory.
    """
    predictions = trainer.predict(artifacts.restore_estimator(files["model.joblib"]), dataset)
    scores = trainer.score(msgspec.json.decode(files["scorer.json"]), dataset)
    if predictions.shape != scores.shape or not np.isfinite(scores).all():
        return float("inf")
    return float(np.abs(predictions - scores).max(initial=0.0))


def _build_manifest(
    model: str,
    dataset: Dataset,
    trained: TrainedModel,
    files: Mapping[str, bytes],
    decision: GateDecision,
    now: datetime,
) -> ModelManifest:
    manifest = ModelManifest(
        model=model,
        version="",
        dataset_id=dataset.manifest.dataset_id,
        created_at=to_text(now),
        status="ok",
        reason=decision.reason,
        files={name: hash_bytes(content) for name, content in files.items()},
        versions=artifacts.library_versions(),
        features=trained.features,
        window={"cutoff": dataset.manifest.cutoff, **trained.window},
        metrics=trained.metrics,
        gate=decision,
    )
    return _with_version(manifest)


def _build_insufficient_manifest(
    model: str, dataset: Dataset, reason: str, now: datetime
) -> ModelManifest:
    decision = GateDecision(promote=False, reason=reason)
    untrained = TrainedModel(estimator=None, scorer={})
    manifest = _build_manifest(model, dataset, untrained, {}, decision, now)
    return _with_version(msgspec.structs.replace(manifest, status=InsufficientDataError.code))


def _with_version(manifest: ModelManifest) -> ModelManifest:
    """Set the version to the dataset id and a digest of the manifest, so that it is unique."""
    digest = hash_bytes(encode_manifest(msgspec.structs.replace(manifest, version="")))
    return msgspec.structs.replace(manifest, version=f"{manifest.dataset_id}-{digest[:8]}")


def _promote_version(
    manifest: ModelManifest, digest: str, champion: Champion | None, registry: ModelRegistry
) -> TrainingOutcome:
    """Promote a version that passed the gate, unless another training promoted one meanwhile; return the outcome."""
    promoted, reason = _try_promotion(manifest, digest, champion, registry)
    return TrainingOutcome(
        model=manifest.model,
        dataset_id=manifest.dataset_id,
        version=manifest.version,
        promoted=promoted,
        status=manifest.status,
        reason=reason,
    )


def _try_promotion(
    manifest: ModelManifest, digest: str, champion: Champion | None, registry: ModelRegistry
) -> tuple[bool, str]:
    """Return whether the version was promoted, and the reason."""
    if not manifest.gate.promote:
        return False, manifest.reason
    try:
        registry.champions.promote_version(manifest.model, manifest.version, digest, champion)
    except ConcurrentUpdateError as error:
        return False, str(error)
    return True, manifest.reason
