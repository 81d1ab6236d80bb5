"""Read the Parquet files of a dataset as pandas frames."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from fastparquet import ParquetFile

from regulars.domain.manifests import DatasetManifest
from regulars.learning.contract import Dataset


def read_dataset(manifest: DatasetManifest, read_file: Callable[[str], bytes]) -> Dataset:
    """Read a dataset; `read_file` returns the verified bytes of the file with the given name."""
    frames = {
        name: _read_frame(read_file(f"{name}.parquet"))
        for name in ("features", "interactions", "products")
    }
    return Dataset(manifest=manifest, **frames)


def _read_frame(content: bytes) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "frame.parquet")
        path.write_bytes(content)
        frame: pd.DataFrame = ParquetFile(str(path)).to_pandas()
    return frame
