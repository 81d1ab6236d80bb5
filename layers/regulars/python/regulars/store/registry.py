"""The models that score now: each champion's pointer, manifest and files, verified along the chain."""

from dataclasses import dataclass
from typing import Any

import msgspec

from regulars.domain.manifests import ModelManifest
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions


@dataclass(frozen=True)
class Registry:
    """Where versions are published and champions pointed at.

    The pointer names the manifest's SHA-256 and the manifest names its files': nothing read through here was changed
    since its promotion, or TamperedArtifactError.
    """

    artifacts: Artifacts
    champions: Champions

    def champion(self, model: str) -> ModelManifest | None:
        """The present champion's manifest; None when no version was ever promoted."""
        pointer = self.champions.current(model)
        return self.artifacts.manifest(model, pointer) if pointer else None

    def scorer(self, manifest: ModelManifest) -> dict[str, Any]:
        """The plain scorer of a version."""
        content: dict[str, Any] = msgspec.json.decode(self.artifacts.file(manifest, "scorer.json"))
        return content
