"""A training ended: score everybody in its dataset with the champions that stand now."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from regulars.learning.scoring.run import Stores, score_people
from regulars.settings import ScoreProfilesSettings
from regulars.store.artifacts import Artifacts
from regulars.store.catalog import Catalog
from regulars.store.champions import Champions
from regulars.store.datasets import Datasets
from regulars.store.published_lists import PublishedLists
from regulars.store.registry import ModelRegistry
from regulars.store.scores import Scores
from regulars.transport.s3_events import uploaded

SETTINGS = ScoreProfilesSettings.from_env()
STORES = Stores(
    Datasets(SETTINGS.lake_bucket),
    ModelRegistry(Artifacts(SETTINGS.artifacts_bucket), Champions(SETTINGS.control_table)),
    Scores(SETTINGS.profiles_table),
    Catalog(SETTINGS.catalog_table),
    PublishedLists(SETTINGS.control_table),
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Score, tell why, keep what changed; answers what was done."""
    report = score_people(uploaded(event).key, STORES, datetime.now(UTC))
    answer: dict[str, Any] = msgspec.to_builtins(report)
    return answer
