"""One step of learning in a process of its own, so that its time and its memory are its own.

`python -m tests.benchmarks.learning_job STEP FOLDER COPIES` prints what it took and found as JSON.
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
from regulars.store.registry import ModelRegistry

# Everything in the file came before.
CUTOFF = datetime(2011, 12, 10, tzinfo=UTC)
MANIFEST = "manifest.json"


class FolderDatasets(Datasets):
    """One dataset in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _get_object(self, key: str) -> bytes:
        return (self._folder / key.rpartition("/")[2]).read_bytes()


class KeptArtifacts(Artifacts):
    """Artifacts in memory."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def _put_object(self, key: str, content: bytes) -> None:
        self.files[key] = content

    def _get_object(self, key: str) -> bytes:
        raise NotFoundError(key)


class NoChampions(Champions):
    """Nobody stands yet, and whoever is promoted does."""

    def __init__(self) -> None:
        pass

    def find_champion(self, model: str) -> Champion | None:  # noqa: ARG002 (nobody, whatever the model)
        """None."""
        return None

    def promote_version(
        self, model: str, version: str, manifest_sha256: str, expected: Champion | None
    ) -> Champion:
        """Promoted."""
        return Champion(
            version=version, manifest_sha256=manifest_sha256, rev=1, previous=str(expected or model)
        )


def lake(folder: Path, copies: int) -> dict[str, Any]:
    """Write the shop's events as the lake holds them."""
    from tests.benchmarks import online_retail  # noqa: PLC0415 (its imports are not the models')

    lines = online_retail.cleaned()
    (folder / "lake").mkdir()
    online_retail.write_lake(online_retail.events(lines, copies), folder / "lake")
    subjects = online_retail.subjects(lines, copies)
    (folder / "subjects.json").write_text(json.dumps(subjects))
    return {"lines": len(lines) * copies}


def dataset(folder: Path, _: int) -> dict[str, Any]:
    """Build the dataset."""
    from regulars.learning.datasets.build import build_dataset  # noqa: PLC0415 (each step imports its own)

    objects = sorted((folder / "lake").iterdir())
    subjects = json.loads((folder / "subjects.json").read_text())
    manifest = build_dataset(folder, objects, subjects, CUTOFF, CUTOFF)
    (folder / MANIFEST).write_bytes(encode_manifest(manifest))
    return manifest.counts | {"horizon_days": manifest.horizon_days}


def training(name: str) -> Callable[[Path, int], dict[str, Any]]:
    """Train, evaluate, gate and publish one model."""

    def train_one(folder: Path, _: int) -> dict[str, Any]:
        from regulars.learning.churn.trainer import ChurnTrainer  # noqa: PLC0415 (each step imports its own)
        from regulars.learning.recommender.trainer import RecommenderTrainer  # noqa: PLC0415
        from regulars.learning.segments.trainer import SegmentsTrainer  # noqa: PLC0415
        from regulars.learning.training_run import train_model  # noqa: PLC0415

        trainers = (SegmentsTrainer(), ChurnTrainer(), RecommenderTrainer())
        trainer = next(one for one in trainers if one.model == name)
        artifacts = KeptArtifacts()
        registry = ModelRegistry(artifacts, NoChampions())
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
    "lake": lake,
    "dataset": dataset,
    **{name: training(name) for name in ("segments", "churn", "recommender")},
}


def main(step: str, folder: str, copies: str) -> None:
    """Do the step."""
    began = time.monotonic()
    found = STEPS[step](Path(folder), int(copies))
    used = resource.getrusage(resource.RUSAGE_SELF)
    told = {
        "seconds": time.monotonic() - began,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_mib": used.ru_maxrss / 1024,
        "found": found,
    }
    print(json.dumps(told))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
