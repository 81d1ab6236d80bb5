"""A dataset's Parquet bytes as pandas frames, and models as joblib bytes and back."""

import io
import platform
from collections.abc import Mapping
from typing import Any

import joblib
import sklearn

from regulars.domain.errors import TamperedArtifactError
from regulars.domain.manifests import ModelManifest


def versions() -> dict[str, str]:
    """What a joblib artifact depends on."""
    return {"python": platform.python_version(), "scikit-learn": sklearn.__version__}


def dump(estimator: Any) -> bytes:
    """An estimator as joblib bytes."""
    buffer = io.BytesIO()
    joblib.dump(estimator, buffer, compress=3)
    return buffer.getvalue()


def load(content: bytes, manifest: ModelManifest) -> Any:
    """The estimator in bytes the artifact store has verified; refuses one written by other minor versions."""
    check(manifest.versions)
    return restored(content)


def check(written_with: Mapping[str, str]) -> None:
    """TamperedArtifactError unless an artifact written with these versions can be read here."""
    for name, version in versions().items():
        if _minor(written_with.get(name, "")) != _minor(version):
            raise TamperedArtifactError(
                f"The artifact was written with another {name} than {version}."
            )


def restored(content: bytes) -> Any:
    """The estimator in bytes this very process made."""
    return joblib.load(io.BytesIO(content))


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]
