"""Define the manifests of datasets and models, the champion pointer and the outcome of a training."""

import hashlib
from typing import Any

import msgspec

MODELS = ("segments", "churn", "recommender")


class FileFact(msgspec.Struct, frozen=True):
    """The digest and the size of one file of a dataset."""

    sha256: str
    rows: int
    bytes: int


class DatasetManifest(msgspec.Struct, frozen=True, kw_only=True):
    """One dataset; `features` are the columns that a model may read, in order; file names have their extension."""

    dataset_id: str
    cutoff: str
    created_at: str
    horizon_days: int
    currency: str
    files: dict[str, FileFact]
    counts: dict[str, int]
    features: tuple[str, ...]


class GateDecision(msgspec.Struct, frozen=True):
    """Whether a challenger becomes champion, with the reason and the result of each check."""

    promote: bool
    reason: str
    checks: dict[str, bool] = {}


class ModelManifest(msgspec.Struct, frozen=True, kw_only=True):
    """One immutable version of a model; `files` maps each file's name to its SHA-256."""

    model: str
    version: str
    dataset_id: str
    created_at: str
    status: str  # ok | insufficient_data
    reason: str
    files: dict[str, str]
    versions: dict[str, str]
    features: tuple[str, ...]
    window: dict[str, str]
    metrics: dict[str, Any]
    gate: GateDecision


class Champion(msgspec.Struct, frozen=True, kw_only=True):
    """The version of a model that scores now; `rev` counts promotions, `previous` is what a rollback returns to."""

    version: str
    manifest_sha256: str
    rev: int
    previous: str = ""


class TrainingOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one training. It is written last and starts the scoring."""

    model: str
    dataset_id: str
    version: str
    promoted: bool
    status: str  # ok | insufficient_data
    reason: str


def encode_manifest(manifest: msgspec.Struct) -> bytes:
    """Return a manifest as canonical JSON: the same manifest gives the same bytes."""
    return msgspec.json.encode(manifest, order="deterministic")


def hash_bytes(content: bytes) -> str:
    """Return the SHA-256 that a manifest gives for these bytes."""
    return hashlib.sha256(content).hexdigest()
