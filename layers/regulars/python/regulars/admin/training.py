"""Builds a dataset, and follows the trainings and the scoring that it starts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import msgspec

from regulars.admin.deployment import Deployment
from regulars.admin.errors import ScoringTimeoutError, TrainingTimeoutError
from regulars.admin.function_calls import FunctionInvoker
from regulars.admin.item_counts import read_control_item
from regulars.admin.models import MODELS, ModelStores, read_outcome_times, read_outcomes
from regulars.admin.polling import REAL_TIME, Polling
from regulars.admin.progress import OnProgress, discard_progress
from regulars.domain.manifests import TrainingOutcome
from regulars.domain.times import from_text
from regulars.store import clients
from regulars.store.published_lists import SEGMENTS_ID

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BUILD_FUNCTION = "build_dataset"
TIMEOUT_SECONDS = 900  # as long as a function may run


class DatasetBuild(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The result of building a dataset: `status` is `ok`, or `insufficient_data` with the `reason`."""

    status: str
    reason: str = ""
    dataset_id: str = ""
    counts: dict[str, int] = {}

    @property
    def is_built(self) -> bool:
        """Whether there is a dataset, which starts the trainings."""
        return self.status == "ok"


@dataclass(frozen=True, kw_only=True)
class TrainingStores:
    """The stores that hold the outcomes of trainings and scorings."""

    models: ModelStores
    dynamodb: "DynamoDBClient"
    control_table: str

    @classmethod
    def from_deployment(cls, deployment: Deployment) -> Self:
        """Open the stores of a deployment."""
        return cls(
            models=ModelStores.from_deployment(deployment),
            dynamodb=clients.create_dynamodb_client(),
            control_table=deployment.control_table,
        )


def build_dataset(invoker: FunctionInvoker) -> DatasetBuild:
    """Build a dataset now; too little data is an outcome. Raise FunctionFailedError when the function fails."""
    return msgspec.convert(invoker.require_payload(BUILD_FUNCTION, {}), DatasetBuild)


def await_outcomes(
    stores: TrainingStores,
    dataset_id: str,
    polling: Polling = REAL_TIME,
    on_progress: OnProgress[dict[str, TrainingOutcome]] = discard_progress,
) -> dict[str, TrainingOutcome]:
    """Wait until every model was trained on the dataset, and return the outcomes by model.

    `on_progress` is called with those that there are. Raise TrainingTimeoutError after 15 minutes.
    """
    outcomes: dict[str, TrainingOutcome] = {}
    for _ in polling.repeat(TIMEOUT_SECONDS):
        outcomes = _read_outcomes_of(stores.models, dataset_id)
        on_progress(outcomes)
        if len(outcomes) == len(MODELS):
            return outcomes
    raise TrainingTimeoutError(tuple(sorted({*MODELS} - {*outcomes})))


def await_scores(stores: TrainingStores, dataset_id: str, polling: Polling = REAL_TIME) -> str:
    """Wait for a scoring that began after the last training ended, so that every new champion took part.

    Return when it began, as RFC 3339 text. Raise ScoringTimeoutError after 15 minutes.
    """
    last_trained_at = max(read_outcome_times(stores.models).values())
    for _ in polling.repeat(TIMEOUT_SECONDS):
        scored_at = _read_scoring_time(stores)
        if scored_at and from_text(scored_at) >= last_trained_at:
            return scored_at
    raise ScoringTimeoutError(dataset_id)


def _read_outcomes_of(models: ModelStores, dataset_id: str) -> dict[str, TrainingOutcome]:
    outcomes = read_outcomes(models).items()
    return {model: outcome for model, outcome in outcomes if outcome.dataset_id == dataset_id}


def _read_scoring_time(stores: TrainingStores) -> str:
    """Return the time of the last scoring, which follows the cut-off in what it published; '' for none."""
    item = read_control_item(stores.dynamodb, stores.control_table, SEGMENTS_ID)
    _, _, scored_at = str(item.get("as_of", "")).partition(" ")
    return scored_at
