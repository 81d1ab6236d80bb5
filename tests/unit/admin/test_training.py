"""Training by the owner's hand: a dataset is built, and the trainings and the scoring it starts are followed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from regulars.admin.errors import ScoringTimeoutError, TrainingTimeoutError
from regulars.admin.function_calls import FunctionInvoker, Invocation
from regulars.admin.models import MODELS
from regulars.admin.polling import Polling
from regulars.admin.training import TrainingStores, await_outcomes, await_scores, build_dataset
from regulars.domain.manifests import TrainingOutcome
from regulars.domain.times import to_text
from tests.support.aws import MotoStack
from tests.support.deployment import build_deployment

DATASET = "ds-2"


class PreparedFunction(FunctionInvoker):
    """Returns the same payload for every call."""

    def __init__(self, payload: dict[str, Any]) -> None:
        self._payload = payload

    def invoke(self, function: str, event: Any) -> Invocation:  # noqa: ARG002 (the base's signature)
        """Return the payload."""
        return Invocation(function=function, payload=self._payload)


@pytest.fixture
def stores(aws: MotoStack) -> TrainingStores:
    return TrainingStores.from_deployment(build_deployment())


def outcome(model: str, dataset_id: str = DATASET) -> TrainingOutcome:
    return TrainingOutcome(
        model=model,
        dataset_id=dataset_id,
        version="v1",
        promoted=True,
        status="ok",
        reason="It is better.",
    )


def conclude(stores: TrainingStores, *models: str) -> None:
    """Write the outcomes of trainings on the dataset."""
    for model in models:
        stores.models.artifacts.write_outcome(outcome(model))


def publish_scores(aws: MotoStack, scored_at: datetime) -> None:
    """Write what a scoring leaves in the control table."""
    as_of = f"2026-11-20T00:00:00.000Z {to_text(scored_at)}"
    item = {"id": {"S": "segments"}, "segments": {"S": "[]"}, "as_of": {"S": as_of}}
    aws.dynamodb.put_item(TableName="test-control", Item=item)


def limit_patience() -> Polling:
    """Ten minutes pass with every pause."""
    seconds = [0.0]
    return Polling(lambda: seconds[0], lambda _pause: seconds.append(seconds.pop() + 600))


@pytest.mark.parametrize(
    ("payload", "is_built"),
    [
        ({"status": "ok", "dataset_id": DATASET, "counts": {"people": 3}}, True),
        ({"status": "insufficient_data", "reason": "There are no orders."}, False),
    ],
)
def test_dataset_is_built_or_lacks_data(payload: dict[str, Any], is_built: bool) -> None:
    assert build_dataset(PreparedFunction(payload)).is_built == is_built


def test_outcomes_are_those_of_the_dataset(stores: TrainingStores) -> None:
    conclude(stores, "segments", "churn")
    stores.models.artifacts.write_outcome(outcome("recommender", "ds-1"))
    reports: list[int] = []
    polling = Polling(sleep=lambda _pause: conclude(stores, "recommender"))
    outcomes = await_outcomes(stores, DATASET, polling, lambda ended: reports.append(len(ended)))
    assert {name: ended.dataset_id for name, ended in outcomes.items()} == dict.fromkeys(
        MODELS, DATASET
    )
    assert reports == [2, 3]


def test_training_that_does_not_end_is_named(stores: TrainingStores) -> None:
    conclude(stores, "segments")
    with pytest.raises(TrainingTimeoutError) as timeout:
        await_outcomes(stores, DATASET, limit_patience())
    assert timeout.value.models == ("churn", "recommender")


def test_scoring_before_the_last_training_is_not_the_one_waited_for(
    aws: MotoStack, stores: TrainingStores
) -> None:
    conclude(stores, *MODELS)
    later = datetime.now(UTC) + timedelta(minutes=1)
    publish_scores(aws, later - timedelta(days=1))
    polling = Polling(sleep=lambda _pause: publish_scores(aws, later))
    assert await_scores(stores, DATASET, polling) == to_text(later)


def test_scoring_that_does_not_end_is_an_error(stores: TrainingStores) -> None:
    conclude(stores, *MODELS)
    with pytest.raises(ScoringTimeoutError, match=DATASET):
        await_scores(stores, DATASET, limit_patience())
