"""Train one model on one dataset: fit, evaluate, gate, publish, promote, and say how it ended."""

from collections.abc import Mapping
from datetime import datetime

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
from regulars.learning import artifacts as frames
from regulars.learning import gate
from regulars.learning.contract import Comparison, Dataset, Trained, Trainer
from regulars.store.datasets import Datasets
from regulars.store.registry import ModelRegistry

STALE_DAYS = 28.0  # a champion this much older gives way to any challenger that is not worse


def train(
    trainer: Trainer, manifest_key: str, datasets: Datasets, registry: ModelRegistry, now: datetime
) -> TrainingOutcome:
    """Train on the dataset under `manifest_key`; the outcome is stored last, and returned."""
    facts = datasets.read_manifest(manifest_key)
    dataset = frames.read_dataset(facts, lambda name: datasets.read_file(facts, name))
    champion = registry.champions.find_champion(trainer.model)
    try:
        manifest, files = _trained(trainer, dataset, registry, champion, now)
    except InsufficientDataError as error:
        manifest, files = _insufficient(trainer.model, dataset, str(error), now), {}
    digest = registry.artifacts.publish_version(manifest, files)
    outcome = _promoted(manifest, digest, champion, registry)
    registry.artifacts.write_outcome(outcome)
    return outcome


def _trained(
    trainer: Trainer,
    dataset: Dataset,
    registry: ModelRegistry,
    champion: Champion | None,
    now: datetime,
) -> tuple[ModelManifest, dict[str, bytes]]:
    trained = trainer.fit(dataset)
    files = {
        "model.joblib": frames.dump(trained.estimator),
        "scorer.json": msgspec.json.encode(trained.scorer, order="deterministic"),
    }
    comparison, vacancy = _compared(trainer, trained, dataset, registry, champion)
    decision = gate.decide(comparison, _difference(trainer, files, dataset), vacancy)
    return _manifest(trainer.model, dataset, trained, files, decision, now), files


def _compared(
    trainer: Trainer,
    trained: Trained,
    dataset: Dataset,
    registry: ModelRegistry,
    champion: Champion | None,
) -> tuple[Comparison, str]:
    """Compare with the champion, or with a plain rule where there is none that could stay, and why there is none.

    A champion that has learnt from the hold-out itself cannot be beaten fairly: age alone makes it give way.
    """
    if not champion:
        return trainer.compare(trained, None, dataset), gate.FIRST
    try:
        manifest = registry.artifacts.read_manifest(trainer.model, champion)
        comparison = trainer.compare(trained, registry.read_scorer(manifest), dataset)
        vacancy = "" if comparison.compatible else gate.INCOMPATIBLE
        vacancy = gate.STALE if _age_days(manifest, dataset) >= STALE_DAYS else vacancy
    except TamperedArtifactError:
        vacancy = gate.TAMPERED
    return (trainer.compare(trained, None, dataset) if vacancy else comparison), vacancy


def _difference(trainer: Trainer, files: Mapping[str, bytes], dataset: Dataset) -> float:
    """Compare what would be loaded, not what is in memory: both files are read back first."""
    by_joblib = trainer.predict(frames.restored(files["model.joblib"]), dataset)
    by_scorer = trainer.score(msgspec.json.decode(files["scorer.json"]), dataset)
    if by_joblib.shape != by_scorer.shape or not np.isfinite(by_scorer).all():
        return float("inf")
    return float(np.abs(by_joblib - by_scorer).max(initial=0.0))


def _age_days(champion: ModelManifest, dataset: Dataset) -> float:
    later, earlier = from_text(dataset.manifest.cutoff), from_text(champion.window["cutoff"])
    return (later - earlier).total_seconds() / 86400


def _manifest(
    model: str,
    dataset: Dataset,
    trained: Trained,
    files: Mapping[str, bytes],
    decision: GateDecision,
    now: datetime,
) -> ModelManifest:
    content = ModelManifest(
        model=model,
        version="",
        dataset_id=dataset.manifest.dataset_id,
        created_at=to_text(now),
        status="ok",
        reason=decision.reason,
        files={name: hash_bytes(content) for name, content in files.items()},
        versions=frames.versions(),
        features=trained.features,
        window={"cutoff": dataset.manifest.cutoff, **trained.window},
        metrics=trained.metrics,
        gate=decision,
    )
    return _versioned(content)


def _insufficient(model: str, dataset: Dataset, reason: str, now: datetime) -> ModelManifest:
    decision = GateDecision(promote=False, reason=reason)
    content = _manifest(model, dataset, Trained(None, {}), {}, decision, now)
    return _versioned(msgspec.structs.replace(content, status=InsufficientDataError.code))


def _versioned(manifest: ModelManifest) -> ModelManifest:
    """Name a version by its dataset and its content, so that no two versions share a name."""
    digest = hash_bytes(encode_manifest(msgspec.structs.replace(manifest, version="")))
    return msgspec.structs.replace(manifest, version=f"{manifest.dataset_id}-{digest[:8]}")


def _promoted(
    manifest: ModelManifest, digest: str, champion: Champion | None, registry: ModelRegistry
) -> TrainingOutcome:
    promoted, reason = manifest.gate.promote, manifest.reason
    try:
        if promoted:
            registry.champions.promote_version(manifest.model, manifest.version, digest, champion)
    except ConcurrentUpdateError as error:
        promoted, reason = False, str(error)
    return TrainingOutcome(
        model=manifest.model,
        dataset_id=manifest.dataset_id,
        version=manifest.version,
        promoted=promoted,
        status=manifest.status,
        reason=reason,
    )
