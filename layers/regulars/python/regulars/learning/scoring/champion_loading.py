"""Load the champion of each kind of model, verified, or state why rules have to answer."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from regulars.domain.errors import InsufficientDataError, TamperedArtifactError
from regulars.domain.manifests import ModelManifest
from regulars.learning import artifacts
from regulars.store.model_registry import ModelRegistry
from regulars.transport.logging import log_failure

STATUS_OK = "ok"
# The champion reads a feature that is gone, or predicts another horizon than the dataset's.
STATUS_INCOMPATIBLE = "incompatible"


@dataclass(frozen=True)
class LoadedChampion:
    """The champion of one kind of model: its scorer or its estimator; `artifact` is None unless the status is ok."""

    status: str
    version: str = ""
    artifact: Any = None


def load_champion_scorer(
    registry: ModelRegistry, model: str, columns: Collection[str], horizon_days: int
) -> LoadedChampion:
    """Load a champion's plain scorer, if the columns hold every feature that it reads and its horizon is the dataset's."""
    champion = _load_champion(registry, model, columns, registry.read_scorer)
    if champion.artifact and champion.artifact.get("horizon_days", horizon_days) != horizon_days:
        return LoadedChampion(STATUS_INCOMPATIBLE, champion.version)
    return champion


def load_champion_estimator(registry: ModelRegistry, model: str) -> LoadedChampion:
    """Load a champion's joblib artifact."""

    def load_artifact(manifest: ModelManifest) -> Any:
        return artifacts.load_estimator(
            registry.artifacts.read_file(manifest, "model.joblib"), manifest
        )

    return _load_champion(registry, model, (), load_artifact)


def _load_champion(
    registry: ModelRegistry,
    model: str,
    columns: Collection[str],
    load_artifact: Callable[[ModelManifest], Any],
) -> LoadedChampion:
    """Load an artifact only if its bytes are those that were promoted."""
    try:
        return _load_version(registry.read_champion_manifest(model), columns, load_artifact)
    except TamperedArtifactError as error:
        log_failure(error, f"loading the champion of {model}")
        return LoadedChampion(error.code)


def _load_version(
    manifest: ModelManifest | None,
    columns: Collection[str],
    load_artifact: Callable[[ModelManifest], Any],
) -> LoadedChampion:
    if manifest is None:
        return LoadedChampion(InsufficientDataError.code)
    if not set(manifest.features) <= set(columns):
        return LoadedChampion(STATUS_INCOMPATIBLE, manifest.version)
    return LoadedChampion(STATUS_OK, manifest.version, load_artifact(manifest))
