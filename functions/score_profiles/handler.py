"""Score all people of a dataset with the present champions when a training on it ends."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from regulars.learning.scoring.run import ScoringStores, score_dataset
from regulars.settings import ScoreProfilesSettings
from regulars.store.artifacts import Artifacts
from regulars.store.catalog import Catalog
from regulars.store.champions import Champions
from regulars.store.datasets import Datasets
from regulars.store.model_registry import ModelRegistry
from regulars.store.published_lists import PublishedLists
from regulars.store.scores import Scores
from regulars.transport.s3_events import parse_object_event

SETTINGS = ScoreProfilesSettings.from_env()
STORES = ScoringStores(
    datasets=Datasets(SETTINGS.lake_bucket),
    registry=ModelRegistry(Artifacts(SETTINGS.artifacts_bucket), Champions(SETTINGS.control_table)),
    scores=Scores(SETTINGS.profiles_table),
    catalog=Catalog(SETTINGS.catalog_table),
    published_lists=PublishedLists(SETTINGS.control_table),
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Score, explain and store what changed; return the report."""
    report = score_dataset(parse_object_event(event).key, STORES, datetime.now(UTC))
    response: dict[str, Any] = msgspec.to_builtins(report)
    return response
