"""A dataset's Parquet bytes as pandas frames, and models as joblib bytes and back."""

import io
import platform
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import sklearn
from fastparquet import ParquetFile

from regulars.domain.errors import TamperedArtifactError
from regulars.domain.manifests import DatasetManifest, ModelManifest
from regulars.learning.contract import Dataset


def read_dataset(manifest: DatasetManifest, read: Callable[[str], bytes]) -> Dataset:
    """The dataset whose files `read` gives by name, already verified."""
    frames = {
        name: _frame(read(f"{name}.parquet")) for name in ("features", "interactions", "products")
    }
    return Dataset(manifest, **frames)


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


def _frame(content: bytes) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "frame.parquet")
        path.write_bytes(content)
        frame: pd.DataFrame = ParquetFile(str(path)).to_pandas()
    return frame
