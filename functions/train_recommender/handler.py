"""Train the recommender when a dataset's manifest is written."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from regulars.learning.recommender.trainer import RecommenderTrainer
from regulars.learning.training_run import train_model
from regulars.settings import TrainRecommenderSettings
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions
from regulars.store.datasets import Datasets
from regulars.store.model_registry import ModelRegistry
from regulars.transport.s3_events import parse_object_event

SETTINGS = TrainRecommenderSettings.from_env()
DATASETS = Datasets(SETTINGS.lake_bucket)
REGISTRY = ModelRegistry(Artifacts(SETTINGS.artifacts_bucket), Champions(SETTINGS.control_table))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Train, gate, publish and promote; return the outcome."""
    outcome = train_model(
        RecommenderTrainer(), parse_object_event(event).key, DATASETS, REGISTRY, datetime.now(UTC)
    )
    response: dict[str, Any] = msgspec.to_builtins(outcome)
    return response
