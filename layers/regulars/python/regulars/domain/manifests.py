"""What a dataset, a published model, a champion and a training's outcome say of themselves, as canonical JSON."""

import hashlib
from typing import Any

import msgspec


class FileFact(msgspec.Struct, frozen=True):
    """One file of a dataset, by what it holds."""

    sha256: str
    rows: int
    bytes: int


class DatasetManifest(msgspec.Struct, frozen=True):
    """One dataset; `features` are the columns a model may read, in order, `files` are named with their extension."""

    dataset_id: str
    cutoff: str
    created_at: str
    horizon_days: int
    currency: str
    files: dict[str, FileFact]
    counts: dict[str, int]
    features: tuple[str, ...]


class Gate(msgspec.Struct, frozen=True):
    """Whether a challenger may become champion, why, and each check that was made."""

    promote: bool
    reason: str
    checks: dict[str, bool] = {}


class ModelManifest(msgspec.Struct, frozen=True):
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
    gate: Gate


class Champion(msgspec.Struct, frozen=True):
    """The version of a model that scores now; `rev` counts promotions, `previous` is what a rollback returns to."""

    version: str
    manifest_sha256: str
    rev: int
    previous: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """How one training ended; written last, it tells the scoring to begin."""

    model: str
    dataset_id: str
    version: str
    promoted: bool
    status: str  # ok | insufficient_data
    reason: str


def encode(manifest: msgspec.Struct) -> bytes:
    """A manifest as canonical JSON: the same manifest is the same bytes."""
    return msgspec.json.encode(manifest, order="deterministic")


def sha256(content: bytes) -> str:
    """The digest by which a file is named in a manifest."""
    return hashlib.sha256(content).hexdigest()
