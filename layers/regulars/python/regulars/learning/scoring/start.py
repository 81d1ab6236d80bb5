"""Decide whether the scoring of a dataset starts: once, when all its trainings have ended or can end no more."""

from datetime import datetime, timedelta
from typing import NamedTuple

from regulars.domain.manifests import MODELS
from regulars.domain.times import from_text, to_text
from regulars.store import schema
from regulars.store.datasets import Datasets, LatestDatasetPointer
from regulars.store.model_registry import ModelRegistry
from regulars.store.scorings import Scoring, Scorings

# After the build of the dataset (15 minutes), three attempts of 15 minutes and the pauses of Lambda between them.
MAX_TRAINING_TIME = timedelta(minutes=65)


class ScoringStart(NamedTuple):
    """The scoring that starts, or the reason why none does."""

    scoring: Scoring | None
    reason: str = ""


class ScoringStarter:
    """Starts the scoring of a dataset when its last training ends, or when the time for trainings is over."""

    def __init__(
        self,
        *,
        datasets: Datasets,
        registry: ModelRegistry,
        latest: LatestDatasetPointer,
        scorings: Scorings,
    ) -> None:
        self._datasets = datasets
        self._registry = registry
        self._latest = latest
        self._scorings = scorings

    def start_after_training(
        self, outcome_key: str, request_id: str, now: datetime
    ) -> ScoringStart:
        """Start if the training with this outcome was the last one on its dataset."""
        dataset_id = self._registry.artifacts.read_outcome(outcome_key).dataset_id
        return self._start(dataset_id, request_id, now)

    def start_overdue(self, request_id: str, now: datetime) -> ScoringStart:
        """Start for the newest dataset if its scoring is overdue, because a training crashed or an event was lost."""
        latest = self._latest.read()
        if latest is None:
            return ScoringStart(None, "There is no dataset yet.")
        return self._start(latest.dataset_id, request_id, now)

    def _start(self, dataset_id: str, request_id: str, now: datetime) -> ScoringStart:
        missing = ", ".join(model for model in MODELS if not self._has_ended(model, dataset_id))
        if missing and not self._is_overdue(dataset_id, now):
            return ScoringStart(None, f"These trainings have not ended: {missing}.")
        scoring = Scoring(
            dataset_id=dataset_id,
            missing_models=missing,
            request_id=request_id,
            started_at=to_text(now),
        )
        if not self._scorings.claim(scoring, now):
            return ScoringStart(None, "This scoring has started already.")
        return ScoringStart(scoring)

    def _has_ended(self, model: str, dataset_id: str) -> bool:
        """Return whether a model was trained on this dataset, or on a newer one; ids are in the order of cut-offs."""
        outcome = self._registry.artifacts.find_outcome(model)
        return outcome is not None and outcome.dataset_id >= dataset_id

    def _is_overdue(self, dataset_id: str, now: datetime) -> bool:
        manifest = self._datasets.read_manifest(schema.dataset_key(dataset_id, "manifest.json"))
        return now - from_text(manifest.created_at) > MAX_TRAINING_TIME
