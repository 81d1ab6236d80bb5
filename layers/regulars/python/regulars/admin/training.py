"""Builds a dataset, and follows the trainings and the scoring that it starts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import msgspec

from regulars.admin.deployment import Deployment
from regulars.admin.errors import ScoringTimeoutError, TrainingTimeoutError
from regulars.admin.function_calls import FunctionInvoker
from regulars.admin.item_counts import read_control_item
from regulars.admin.models import ModelStores, read_outcomes
from regulars.admin.polling import REAL_TIME, Polling
from regulars.admin.progress import OnProgress, discard_progress
from regulars.domain.manifests import MODELS, TrainingOutcome
from regulars.store import clients
from regulars.store.schema import SCORING_ID

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
    """Build a dataset now, even without a new event; too little data is an outcome.

    Raise FunctionFailedError when the function fails.
    """
    payload = invoker.require_payload(BUILD_FUNCTION, {"rebuild": True})
    return msgspec.convert(payload, DatasetBuild)


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
    """Wait until the dataset, or a newer one, was scored after all its trainings.

    Return when the scoring ended, as RFC 3339 text. Raise ScoringTimeoutError after 15 minutes.
    """
    for _ in polling.repeat(TIMEOUT_SECONDS):
        scoring = read_control_item(stores.dynamodb, stores.control_table, SCORING_ID)
        is_newest = scoring.get("dataset_id", "") >= dataset_id and not scoring["missing_models"]
        if is_newest and scoring["ended_at"]:
            return str(scoring["ended_at"])
    raise ScoringTimeoutError(dataset_id)


def _read_outcomes_of(models: ModelStores, dataset_id: str) -> dict[str, TrainingOutcome]:
    outcomes = read_outcomes(models).items()
    return {model: outcome for model, outcome in outcomes if outcome.dataset_id == dataset_id}
