"""Read the Parquet files of a dataset as pandas frames."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from fastparquet import ParquetFile

from regulars.domain.manifests import DatasetManifest
from regulars.learning.contract import Dataset


def read_dataset(manifest: DatasetManifest, read: Callable[[str], bytes]) -> Dataset:
    """The dataset whose files `read` gives by name, already verified."""
    frames = {
        name: _frame(read(f"{name}.parquet")) for name in ("features", "interactions", "products")
    }
    return Dataset(manifest, **frames)


def _frame(content: bytes) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "frame.parquet")
        path.write_bytes(content)
        frame: pd.DataFrame = ParquetFile(str(path)).to_pandas()
    return frame
