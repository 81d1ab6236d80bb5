"""Find the models that score now, and verify them from the champion pointer through the manifest to each file."""

from dataclasses import dataclass
from typing import Any

import msgspec

from regulars.domain.manifests import ModelManifest
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions


@dataclass(frozen=True)
class ModelRegistry:
    """The published versions and the champion pointers.

    The pointer names the manifest's SHA-256 and the manifest names those of its files. So everything that is read
    here is unchanged since its promotion; TamperedArtifactError otherwise.
    """

    artifacts: Artifacts
    champions: Champions

    def read_champion_manifest(self, model: str) -> ModelManifest | None:
        """Return the manifest of the present champion; None when no version was ever promoted."""
        champion = self.champions.find_champion(model)
        return self.artifacts.read_manifest(model, champion) if champion else None

    def read_scorer(self, manifest: ModelManifest) -> dict[str, Any]:
        """Return the plain scorer of a version."""
        content = self.artifacts.read_file(manifest, "scorer.json")
        scorer: dict[str, Any] = msgspec.json.decode(content)
        return scorer
