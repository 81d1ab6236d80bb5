"""Reads how the last training of each model ended, and which version scores now."""

from dataclasses import dataclass
from typing import Any, Self

import msgspec

from regulars.admin.deployment import Deployment
from regulars.domain.manifests import MODELS, TrainingOutcome
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions


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

    @classmethod
    def from_deployment(cls, deployment: Deployment) -> Self:
        """Open the stores of a deployment."""
        return cls(
            artifacts=Artifacts(deployment.artifacts_bucket),
            champions=Champions(deployment.control_table),
        )


def read_outcomes(stores: ModelStores) -> dict[str, TrainingOutcome]:
    """Return how the last training ended, by model; a model that was never trained is missing."""
    outcomes = {model: stores.artifacts.find_outcome(model) for model in MODELS}
    return {model: outcome for model, outcome in outcomes.items() if outcome}


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
