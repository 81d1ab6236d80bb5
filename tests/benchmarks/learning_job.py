"""Run one step of learning in a process of its own, so that its time and memory are measured alone.

`python -m tests.benchmarks.learning_job STEP FOLDER COPIES` prints what the step took and found as JSON.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from regulars.domain.errors import NotFoundError
from regulars.domain.manifests import Champion, ModelManifest, encode_manifest
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions
from regulars.store.datasets import Datasets
from regulars.store.model_registry import ModelRegistry

# After every line of the file.
CUTOFF = datetime(2011, 12, 10, tzinfo=UTC)
MANIFEST = "manifest.json"


class FolderDatasets(Datasets):
    """One dataset in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _get_object(self, key: str) -> bytes:
        return (self._folder / key.rpartition("/")[2]).read_bytes()


class MemoryArtifacts(Artifacts):
    """Artifacts in memory."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def _put_object(self, key: str, content: bytes) -> None:
        self.files[key] = content

    def _get_object(self, key: str) -> bytes:
        raise NotFoundError(key)


class EmptyChampions(Champions):
    """Champions of models that were never promoted; every promotion succeeds."""

    def __init__(self) -> None:
        pass

    def find_champion(self, model: str) -> Champion | None:  # noqa: ARG002 (there is none for any model)
        """Return None."""
        return None

    def promote_version(
        self, model: str, version: str, manifest_sha256: str, expected: Champion | None
    ) -> Champion:
        """Return the promoted version."""
        return Champion(
            version=version, manifest_sha256=manifest_sha256, rev=1, previous=str(expected or model)
        )


def write_lake_files(folder: Path, copies: int) -> dict[str, Any]:
    """Write the events of the shop as objects of the lake."""
    from tests.benchmarks import online_retail  # noqa: PLC0415 (its imports must not count as those of the models)

    lines = online_retail.read_sales()
    (folder / "lake").mkdir()
    online_retail.write_lake(online_retail.build_events(lines, copies), folder / "lake")
    return {"lines": len(lines) * copies}


def run_dataset_step(folder: Path, _: int) -> dict[str, Any]:
    """Build the dataset."""
    from regulars.learning.datasets.build import build_dataset  # noqa: PLC0415 (each step imports its own)

    objects = sorted((folder / "lake").iterdir())
    manifest = build_dataset(folder, objects, CUTOFF, CUTOFF)
    (folder / MANIFEST).write_bytes(encode_manifest(manifest))
    return manifest.counts | {"horizon_days": manifest.horizon_days}


def fit_large_catalogue(_folder: Path, products: int) -> dict[str, Any]:
    """Fit, export and decode a recommender of so many made-up products."""
    from regulars.learning import artifacts  # noqa: PLC0415 (each step imports its own)
    from regulars.learning.recommender.fitting import Recipe, fit_model  # noqa: PLC0415
    from regulars.learning.recommender.scorer_export import export_scorer  # noqa: PLC0415
    from tests.benchmarks.large_catalogue import build_shop  # noqa: PLC0415

    purchases, catalogue = build_shop(products)
    model = fit_model(purchases, catalogue, Recipe(), CUTOFF.timestamp())
    artifact = artifacts.dump_estimator(model)
    scorer = msgspec.json.encode(export_scorer(model, "2011-12-10T00:00:00.000Z"))
    candidates = model.generate_candidates(purchases, CUTOFF.timestamp())
    return {
        "artifact_bytes": len(artifact),
        "products": len(msgspec.json.decode(scorer)["products"]),
        "candidates": len(next(candidates)),
    }


def create_training_step(name: str) -> Callable[[Path, int], dict[str, Any]]:
    """Train, evaluate, gate and publish one model."""

    def train_one(folder: Path, _: int) -> dict[str, Any]:
        from regulars.learning.churn.trainer import ChurnTrainer  # noqa: PLC0415 (each step imports its own)
        from regulars.learning.recommender.trainer import RecommenderTrainer  # noqa: PLC0415
        from regulars.learning.segments.trainer import SegmentsTrainer  # noqa: PLC0415
        from regulars.learning.training_run import train_model  # noqa: PLC0415

        trainers = (SegmentsTrainer(), ChurnTrainer(), RecommenderTrainer())
        trainer = next(candidate for candidate in trainers if candidate.model == name)
        artifacts = MemoryArtifacts()
        registry = ModelRegistry(artifacts, EmptyChampions())
        outcome = train_model(trainer, MANIFEST, FolderDatasets(folder), registry, CUTOFF)
        key = f"models/{name}/{outcome.version}/{MANIFEST}"
        published = msgspec.json.decode(artifacts.files[key], type=ModelManifest)
        return {
            "status": outcome.status,
            "promoted": outcome.promoted,
            "metrics": published.metrics,
        }

    return train_one


STEPS: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "lake": write_lake_files,
    "dataset": run_dataset_step,
    "catalogue": fit_large_catalogue,
    **{name: create_training_step(name) for name in ("segments", "churn", "recommender")},
}


def run_step(step: str, folder: str, copies: str) -> None:
    """Run the step and print its result."""
    began = time.monotonic()
    details = STEPS[step](Path(folder), int(copies))
    used = resource.getrusage(resource.RUSAGE_SELF)
    result = {
        "seconds": time.monotonic() - began,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_mib": used.ru_maxrss / 1024,
        "details": details,
    }
    print(json.dumps(result))  # noqa: T201


if __name__ == "__main__":
    run_step(*sys.argv[1:])
