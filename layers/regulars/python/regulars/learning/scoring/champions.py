"""The models that stand ready to score, each loaded and verified, or the reason why rules have to do."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from regulars.domain.errors import InsufficientDataError, TamperedArtifactError
from regulars.domain.manifests import ModelManifest
from regulars.learning import artifacts as frames
from regulars.store.registry import ModelRegistry
from regulars.transport.logging import log_failure

OK = "ok"
INCOMPATIBLE = "incompatible"  # a feature that the champion reads is gone


@dataclass(frozen=True)
class Standing:
    """One kind of model; `loaded` is None unless the status is ok."""

    status: str
    version: str = ""
    loaded: Any = None

    @property
    def basis(self) -> str:
        """Who speaks: the model or rules."""
        return "rules" if self.loaded is None else "model"


def scorer(registry: ModelRegistry, model: str, columns: Collection[str]) -> Standing:
    """A champion's plain scorer."""
    return _standing(registry, model, columns, registry.read_scorer)


def estimator(registry: ModelRegistry, model: str) -> Standing:
    """A champion's joblib artifact."""

    def loaded(manifest: ModelManifest) -> Any:
        return frames.load(registry.artifacts.read_file(manifest, "model.joblib"), manifest)

    return _standing(registry, model, (), loaded)


def _standing(
    registry: ModelRegistry,
    model: str,
    columns: Collection[str],
    load: Callable[[ModelManifest], Any],
) -> Standing:
    """An artifact whose bytes are not those that were promoted is never loaded: rules take its place."""
    try:
        manifest = registry.read_champion_manifest(model)
        if manifest is None:
            return Standing(InsufficientDataError.code)
        if not set(manifest.features) <= set(columns):
            return Standing(INCOMPATIBLE, manifest.version)
        return Standing(OK, manifest.version, load(manifest))
    except TamperedArtifactError as error:
        log_failure(error, f"loading the champion of {model}")
        return Standing(error.code)
