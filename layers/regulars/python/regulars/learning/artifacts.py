"""Serialize estimators with joblib, and load only those written by the same versions."""

import io
import platform
from collections.abc import Mapping
from typing import Any

import joblib
import sklearn

from regulars.domain.errors import TamperedArtifactError
from regulars.domain.manifests import ModelManifest


def library_versions() -> dict[str, str]:
    """Return the versions that a joblib artifact depends on."""
    return {"python": platform.python_version(), "scikit-learn": sklearn.__version__}


def dump_estimator(estimator: Any) -> bytes:
    """Serialize an estimator as joblib bytes."""
    buffer = io.BytesIO()
    joblib.dump(estimator, buffer, compress=3)
    return buffer.getvalue()


def load_estimator(content: bytes, manifest: ModelManifest) -> Any:
    """Load the estimator from bytes that the artifact store has verified.

    Raise TamperedArtifactError when another minor version of Python or scikit-learn wrote the artifact, or a version of
    this code whose classes have other names.
    """
    check_versions(manifest.versions)
    try:
        return restore_estimator(content)
    except (AttributeError, ImportError) as error:
        raise TamperedArtifactError(
            f"The artifact was written by another version of this code: {error}."
        ) from error


def check_versions(artifact_versions: Mapping[str, str]) -> None:
    """Raise TamperedArtifactError unless an artifact written with these versions can be loaded here."""
    for name, version in library_versions().items():
        if _parse_minor_version(artifact_versions.get(name, "")) != _parse_minor_version(version):
            raise TamperedArtifactError(
                f"The artifact was written with another {name} than {version}."
            )


def restore_estimator(content: bytes) -> Any:
    """Load the estimator from bytes that this process wrote."""
    return joblib.load(io.BytesIO(content))


def _parse_minor_version(version: str) -> list[str]:
    return version.split(".")[:2]
