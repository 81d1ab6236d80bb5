"""Build a dataset from the lake, nightly or on demand; its manifest, written last, starts the trainings."""

from datetime import UTC, datetime
from typing import Any

from regulars.domain.errors import InsufficientDataError
from regulars.domain.times import from_text
from regulars.learning.datasets.build import publish_dataset
from regulars.settings import BuildDatasetSettings
from regulars.store.datasets import Datasets, LatestDatasetPointer
from regulars.store.lake_files import LakeFiles

SETTINGS = BuildDatasetSettings.from_env()
LAKE_FILES = LakeFiles(SETTINGS.lake_bucket)
DATASETS = Datasets(SETTINGS.lake_bucket)
LATEST_DATASET = LatestDatasetPointer(SETTINGS.control_table)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Build the dataset as of `cutoff` (RFC 3339, default now); return its id and counts, or what is missing."""
    now = datetime.now(UTC).replace(microsecond=0)
    cutoff = from_text(event["cutoff"]) if event.get("cutoff") else now
    try:
        manifest = publish_dataset(LAKE_FILES, DATASETS, LATEST_DATASET, cutoff, now)
    except InsufficientDataError as error:
        return {"status": error.code, "reason": str(error)}
    return {"status": "ok", "dataset_id": manifest.dataset_id, "counts": manifest.counts}
