"""Training by the owner's hand: a dataset is built, and the trainings and the scoring it starts are followed."""

from typing import Any

import pytest

from regulars.admin.errors import ScoringTimeoutError, TrainingTimeoutError
from regulars.admin.function_calls import FunctionInvoker, Invocation
from regulars.admin.polling import Polling
from regulars.admin.training import TrainingStores, await_outcomes, await_scores, build_dataset
from regulars.domain.manifests import MODELS, TrainingOutcome
from tests.support.aws import MotoStack
from tests.support.deployment import build_deployment

DATASET = "ds-2"


class PreparedFunction(FunctionInvoker):
    """Returns the same payload for every call."""

    def __init__(self, payload: dict[str, Any]) -> None:
        self._payload = payload
        self.events: list[Any] = []

    def invoke(self, function: str, event: Any) -> Invocation:
        """Return the payload."""
        self.events.append(event)
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


def store_scoring(aws: MotoStack, **changes: str) -> None:
    """Write the control item of a scoring."""
    scoring = {"dataset_id": DATASET, "missing_models": "", "ended_at": "2026-11-20T02:40:00.000Z"}
    item = {"id": "scoring"} | scoring | changes
    aws.dynamodb.put_item(
        TableName="test-control", Item={name: {"S": text} for name, text in item.items()}
    )


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


@pytest.mark.parametrize(
    "changes",
    [{"dataset_id": "ds-1"}, {"missing_models": "churn"}, {"ended_at": ""}],
    ids=["older dataset", "without a training", "not ended"],
)
def test_other_scoring_is_not_the_one_waited_for(
    aws: MotoStack, stores: TrainingStores, changes: dict[str, str]
) -> None:
    store_scoring(aws, **changes)
    polling = Polling(sleep=lambda _pause: store_scoring(aws))
    assert await_scores(stores, DATASET, polling) == "2026-11-20T02:40:00.000Z"
    store_scoring(aws, **changes)
    with pytest.raises(ScoringTimeoutError, match=DATASET):
        await_scores(stores, DATASET, limit_patience())


def test_scoring_that_does_not_begin_is_an_error(stores: TrainingStores) -> None:
    with pytest.raises(ScoringTimeoutError, match=DATASET):
        await_scores(stores, DATASET, limit_patience())


def test_owner_builds_a_dataset_without_new_events() -> None:
    function = PreparedFunction({"status": "ok"})
    build_dataset(function)
    assert function.events == [{"rebuild": True}]
