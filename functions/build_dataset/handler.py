"""Build a dataset from new events, nightly or on demand; its manifest, written last, starts the trainings."""

from datetime import UTC, datetime
from typing import Any

from regulars.domain.errors import InsufficientDataError, UnchangedLakeError
from regulars.domain.times import from_text
from regulars.learning.datasets.build import DatasetBuilder
from regulars.settings import BuildDatasetSettings
from regulars.store.datasets import Datasets, LatestDatasetPointer
from regulars.store.lake_files import LakeFiles

SETTINGS = BuildDatasetSettings.from_env()
BUILDER = DatasetBuilder(
    lake_files=LakeFiles(SETTINGS.lake_bucket),
    datasets=Datasets(SETTINGS.lake_bucket),
    latest=LatestDatasetPointer(SETTINGS.control_table),
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Build the dataset as of `cutoff` (RFC 3339) or now; return its id and counts, or why there is none.

    Without a new event there is no new dataset, unless `rebuild` is true.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        if event.get("cutoff"):
            # A dataset of the future would be newer than those of the coming nights.
            manifest = BUILDER.publish_past(min(from_text(event["cutoff"]), now), now)
        else:
            manifest = BUILDER.publish_new_events(now, rebuild=event.get("rebuild") is True)
    except (InsufficientDataError, UnchangedLakeError) as error:
        return {"status": error.code, "reason": str(error)}
    return {"status": "ok", "dataset_id": manifest.dataset_id, "counts": manifest.counts}
