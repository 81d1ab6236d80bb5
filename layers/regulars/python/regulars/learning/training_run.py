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

# A champion whose dataset is this much older is replaced by a challenger that is not worse. Its training saw no outcome of
# the newest cut-offs, so that the comparison is fair.
MAX_CHAMPION_AGE_DAYS = 28.0


def train_model(
    trainer: Trainer, manifest_key: str, datasets: Datasets, registry: ModelRegistry, now: datetime
) -> TrainingOutcome:
    """Train on the dataset whose manifest is stored under `manifest_key`; store the outcome last, and return it.

    A second event of the same dataset, or a late one of an older dataset, trains nothing and returns the stored outcome.
    """
    dataset_manifest = datasets.read_manifest(manifest_key)
    stored = registry.artifacts.find_outcome(trainer.model)
    if stored and stored.dataset_id >= dataset_manifest.dataset_id:
        return stored
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
    trained, comparison, vacancy = _compare_with_champion(
        trainer, trained, dataset, registry, champion
    )
    files = {
        "model.joblib": artifacts.dump_estimator(trained.estimator),
        "scorer.json": msgspec.json.encode(trained.scorer, order="deterministic"),
    }
    decision = gate.decide_promotion(comparison, _measure_parity(trainer, files, dataset), vacancy)
    return _build_manifest(trainer.model, dataset, trained, files, decision, now), files


def _compare_with_champion(
    trainer: Trainer,
    trained: TrainedModel,
    dataset: Dataset,
    registry: ModelRegistry,
    champion: Champion | None,
) -> tuple[TrainedModel, ModelComparison, str]:
    """Return the challenger, its comparison with the champion, and why the champion's place is free, or ''.

    The challenger first takes over what still holds of the champion, such as the ids of segments. A champion that nobody
    can read is compared with a plain rule. When the champion cannot score the dataset, and the challenger does not beat
    its recipe, that recipe fitted again is the challenger.
    """
    if not champion:
        return trained, trainer.compare(trained, None, dataset), gate.FIRST_VERSION
    try:
        manifest = registry.artifacts.read_manifest(trainer.model, champion)
        scorer = registry.read_scorer(manifest)
    except TamperedArtifactError:
        return trained, trainer.compare(trained, None, dataset), gate.TAMPERED_CHAMPION
    trained = trainer.follow_champion(trained, scorer, dataset)
    comparison = trainer.compare(trained, scorer, dataset)
    if comparison.compatible:
        return trained, comparison, gate.STALE_CHAMPION if _is_stale(manifest, dataset) else ""
    if comparison.is_better:
        return trained, comparison, gate.INCOMPATIBLE_CHAMPION
    renewed = trainer.renew(trained, scorer, dataset)
    return renewed, trainer.compare(renewed, scorer, dataset), gate.RENEWED_CHAMPION


def _is_stale(champion: ModelManifest, dataset: Dataset) -> bool:
    """Return whether a champion is so old that a challenger need not beat it.

    A young one may have been trained on the hold-out, so that no challenger can beat it.
    """
    age = from_text(dataset.manifest.cutoff) - from_text(champion.window["cutoff"])
    return age.total_seconds() / 86400 >= MAX_CHAMPION_AGE_DAYS


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
