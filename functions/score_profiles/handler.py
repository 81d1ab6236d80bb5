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
from regulars.store.publishing import Publishing
from regulars.store.registry import Registry
from regulars.store.scores import Scores
from regulars.transport.s3_events import parse_object_event

SETTINGS = ScoreProfilesSettings.from_env()
STORES = Stores(
    Datasets(SETTINGS.lake_bucket),
    Registry(Artifacts(SETTINGS.artifacts_bucket), Champions(SETTINGS.control_table)),
    Scores(SETTINGS.profiles_table),
    Catalog(SETTINGS.catalog_table),
    Publishing(SETTINGS.control_table),
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Score, tell why, keep what changed; answers what was done."""
    report = score_people(parse_object_event(event).key, STORES, datetime.now(UTC))
    answer: dict[str, Any] = msgspec.to_builtins(report)
    return answer
