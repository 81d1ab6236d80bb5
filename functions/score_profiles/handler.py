"""Score all people of a dataset with the present champions when the last training on it has ended."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from regulars.learning.scoring.run import ScoringStores, score_dataset
from regulars.learning.scoring.start import ScoringStart, ScoringStarter
from regulars.settings import ScoreProfilesSettings
from regulars.store.artifacts import Artifacts
from regulars.store.catalog import Catalog
from regulars.store.champions import Champions
from regulars.store.datasets import Datasets, LatestDatasetPointer
from regulars.store.model_registry import ModelRegistry
from regulars.store.published_lists import PublishedLists
from regulars.store.scores import Scores
from regulars.store.scorings import Scorings
from regulars.transport.logging import LOGGER
from regulars.transport.s3_events import parse_object_event

SETTINGS = ScoreProfilesSettings.from_env()
DATASETS = Datasets(SETTINGS.lake_bucket)
REGISTRY = ModelRegistry(Artifacts(SETTINGS.artifacts_bucket), Champions(SETTINGS.control_table))
SCORINGS = Scorings(SETTINGS.control_table)
STARTER = ScoringStarter(
    datasets=DATASETS,
    registry=REGISTRY,
    latest=LatestDatasetPointer(SETTINGS.control_table),
    scorings=SCORINGS,
)
STORES = ScoringStores(
    datasets=DATASETS,
    registry=REGISTRY,
    scores=Scores(SETTINGS.profiles_table),
    catalog=Catalog(SETTINGS.catalog_table),
    published_lists=PublishedLists(SETTINGS.control_table),
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Score, explain and store what changed; return the report, or the reason why nothing was scored.

    The event is a new outcome of a training, or the schedule, which starts what is overdue.
    """
    start = _start_scoring(event, context.aws_request_id, datetime.now(UTC))
    LOGGER.info("scoring start", **start._asdict())
    if start.scoring is None:
        return {"status": "not_scored", "reason": start.reason}
    report = score_dataset(start.scoring.dataset_id, STORES, datetime.now(UTC))
    SCORINGS.end(start.scoring, datetime.now(UTC))
    response: dict[str, Any] = msgspec.to_builtins(report)
    return response


def _start_scoring(event: dict[str, Any], request_id: str, now: datetime) -> ScoringStart:
    if event.get("source") == "aws.s3":
        return STARTER.start_after_training(parse_object_event(event).key, request_id, now)
    return STARTER.start_overdue(request_id, now)
