"""Reads how the last training of each model ended, and which version scores now."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

import msgspec

from regulars.admin.deployment import Deployment
from regulars.domain.errors import NotFoundError
from regulars.domain.manifests import TrainingOutcome
from regulars.store import clients, schema
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MODELS = ("segments", "churn", "recommender")


class ChampionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The version of a model that scores now, the one before it ('' for none), and its metrics."""

    version: str
    previous: str
    trained_at: str
    metrics: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ModelStores:
    """The published models of a deployment."""

    artifacts: Artifacts
    champions: Champions
    s3: "S3Client"
    artifacts_bucket: str

    @classmethod
    def from_deployment(cls, deployment: Deployment) -> Self:
        """Open the stores of a deployment."""
        return cls(
            artifacts=Artifacts(deployment.artifacts_bucket),
            champions=Champions(deployment.control_table),
            s3=clients.create_s3_client(),
            artifacts_bucket=deployment.artifacts_bucket,
        )


def read_outcomes(stores: ModelStores) -> dict[str, TrainingOutcome]:
    """Return how the last training ended, by model; a model that was never trained is missing."""
    outcomes = {model: _find_outcome(stores.artifacts, model) for model in MODELS}
    return {model: outcome for model, outcome in outcomes.items() if outcome}


def read_outcome_times(stores: ModelStores) -> dict[str, datetime]:
    """Return when the last training ended, to the second, by model; every model must have been trained."""
    return {model: _read_outcome_time(stores, model) for model in MODELS}


def read_champions(stores: ModelStores) -> dict[str, ChampionStatus]:
    """Return the champion by model; a model without one is missing."""
    champions: dict[str, ChampionStatus] = {}
    for model in MODELS:
        if pointer := stores.champions.find_champion(model):
            manifest = stores.artifacts.read_manifest(model, pointer)
            champions[model] = ChampionStatus(
                version=pointer.version,
                previous=pointer.previous,
                trained_at=manifest.created_at,
                metrics=msgspec.to_builtins(manifest.metrics),
            )
    return champions


def _find_outcome(artifacts: Artifacts, model: str) -> TrainingOutcome | None:
    try:
        return artifacts.read_outcome(schema.outcome_key(model))
    except NotFoundError:
        return None


def _read_outcome_time(stores: ModelStores, model: str) -> datetime:
    key = schema.outcome_key(model)
    return stores.s3.head_object(Bucket=stores.artifacts_bucket, Key=key)["LastModified"]
