"""When the scoring of a dataset starts: once, whatever trainings and events do."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from regulars.domain.manifests import MODELS, DatasetManifest, TrainingOutcome
from regulars.domain.times import to_text
from regulars.learning.scoring.start import MAX_TRAINING_TIME, ScoringStart, ScoringStarter
from regulars.store import schema
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions
from regulars.store.datasets import Datasets, LatestDatasetPointer
from regulars.store.model_registry import ModelRegistry
from regulars.store.scorings import MAX_SCORING_TIME, Scorings
from tests.support.aws import MotoStack

BUILD_TIME = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
EARLY_TIME, OVERDUE_TIME = BUILD_TIME + timedelta(minutes=5), BUILD_TIME + MAX_TRAINING_TIME * 1.1
DATASET, NEWER_DATASET = "20261120T023000-a", "20261121T023000-a"


class TrainedDatasets:
    """Published datasets, whose trainings end when a test says so."""

    def __init__(self, aws: MotoStack, folder: Path) -> None:
        self._artifacts = Artifacts("test-artifacts", aws.s3)
        self._datasets = Datasets("test-lake", aws.s3)
        self._latest = LatestDatasetPointer("test-control", aws.dynamodb)
        self.scorings = Scorings("test-control", aws.dynamodb)
        self.starter = ScoringStarter(
            datasets=self._datasets,
            registry=ModelRegistry(self._artifacts, Champions("test-control", aws.dynamodb)),
            latest=self._latest,
            scorings=self.scorings,
        )
        self._requests = 0
        self._folder = folder
        self.publish(DATASET)

    def publish(self, dataset_id: str) -> None:
        manifest = DatasetManifest(
            dataset_id=dataset_id,
            cutoff=to_text(BUILD_TIME),
            created_at=to_text(BUILD_TIME),
            horizon_days=90,
            currency="EUR",
            files={},
            counts={},
            features=(),
        )
        self._datasets.publish_dataset(manifest, self._folder)
        self._latest.point_to(manifest, "digest")

    def end_training(self, model: str, dataset_id: str = DATASET, status: str = "ok") -> None:
        self._artifacts.write_outcome(
            TrainingOutcome(
                model=model,
                dataset_id=dataset_id,
                version="v",
                promoted=False,
                status=status,
                reason="",
            )
        )

    def deliver(self, model: str, now: datetime = EARLY_TIME, request: str = "") -> ScoringStart:
        """Deliver the event of an outcome, by default in a new invocation."""
        self._requests += 1
        request = request or f"r-{self._requests}"
        return self.starter.start_after_training(schema.outcome_key(model), request, now)

    def deliver_all(self, now: datetime = EARLY_TIME) -> int:
        """Deliver the events of all outcomes and the schedule's; return how many scorings start, and end them."""
        starts = [self.deliver(model, now) for model in MODELS]
        starts.append(self.starter.start_overdue("schedule", now))
        scorings = [start.scoring for start in starts if start.scoring]
        for scoring in scorings:
            self.scorings.end(scoring, now)
        return len(scorings)


@pytest.fixture
def shop(aws: MotoStack, tmp_path: Path) -> TrainedDatasets:
    return TrainedDatasets(aws, tmp_path)


@pytest.mark.parametrize("order", list(permutations(MODELS)), ids="-".join)
def test_last_training_starts_the_scoring(shop: TrainedDatasets, order: tuple[str, ...]) -> None:
    started = []
    for model in order:
        shop.end_training(model, status="insufficient_data")
        started += [shop.deliver(model).scoring is not None for _ in range(2)]
    assert started == [False] * 4 + [True, False]


def test_trainings_that_end_together_start_one_scoring(shop: TrainedDatasets) -> None:
    for model in MODELS:
        shop.end_training(model)
    assert shop.deliver_all() == 1
    assert shop.deliver_all(OVERDUE_TIME) == 0


def test_lost_event_of_the_last_training_is_made_good_by_the_schedule(
    shop: TrainedDatasets,
) -> None:
    for model in MODELS:
        shop.end_training(model)
    start = shop.starter.start_overdue("r", OVERDUE_TIME)
    assert start.scoring is not None
    assert (start.scoring.dataset_id, start.scoring.missing_models) == (DATASET, "")


def test_schedule_waits_while_trainings_may_still_end(shop: TrainedDatasets) -> None:
    shop.end_training("churn")
    start = shop.starter.start_overdue("r", EARLY_TIME)
    assert start == (None, "These trainings have not ended: segments, recommender.")


def test_crashed_training_does_not_stop_the_scoring(shop: TrainedDatasets) -> None:
    shop.end_training("segments")
    shop.end_training("recommender")
    assert shop.deliver("recommender").scoring is None
    start = shop.starter.start_overdue("r", OVERDUE_TIME)
    assert start.scoring is not None
    assert start.scoring.missing_models == "churn"
    shop.scorings.end(start.scoring, OVERDUE_TIME)
    assert (
        shop.starter.start_overdue("r-next-night", OVERDUE_TIME + timedelta(days=1)).scoring is None
    )


def test_crashed_training_that_is_redriven_is_scored(shop: TrainedDatasets) -> None:
    shop.end_training("segments")
    shop.end_training("recommender")
    assert shop.starter.start_overdue("r", OVERDUE_TIME).scoring
    shop.end_training("churn")
    assert shop.deliver_all(OVERDUE_TIME) == 1


def test_scoring_that_crashed_goes_on_in_its_retry(shop: TrainedDatasets) -> None:
    for model in MODELS:
        shop.end_training(model)
    assert shop.deliver("churn", request="first").scoring
    assert not shop.deliver("churn", request="other").scoring
    assert shop.deliver("churn", request="first").scoring


def test_scoring_that_was_given_up_is_started_by_the_schedule(shop: TrainedDatasets) -> None:
    for model in MODELS:
        shop.end_training(model)
    assert shop.deliver("churn").scoring
    assert not shop.starter.start_overdue("r", EARLY_TIME + MAX_SCORING_TIME * 0.9).scoring
    assert shop.starter.start_overdue("r", EARLY_TIME + MAX_SCORING_TIME * 1.1).scoring


def test_older_dataset_is_not_scored_after_a_newer_one(shop: TrainedDatasets) -> None:
    shop.publish(NEWER_DATASET)
    for model in ("segments", "recommender"):
        shop.end_training(model, NEWER_DATASET)
    shop.end_training("churn")
    assert shop.deliver("segments").scoring is None
    shop.end_training("churn", NEWER_DATASET)
    start = shop.deliver("churn").scoring
    assert start is not None
    assert start.dataset_id == NEWER_DATASET
    shop.end_training("churn")
    assert shop.deliver("churn").scoring is None


def test_scoring_without_a_dataset_does_not_start(shop: TrainedDatasets, aws: MotoStack) -> None:
    aws.dynamodb.delete_item(TableName="test-control", Key={"id": {"S": schema.DATASET_ID}})
    assert shop.starter.start_overdue("r", OVERDUE_TIME).reason == "There is no dataset yet."


def test_scoring_that_another_one_followed_is_not_ended(
    shop: TrainedDatasets, aws: MotoStack
) -> None:
    for model in MODELS:
        shop.end_training(model)
    first = shop.deliver("churn").scoring
    second = shop.starter.start_overdue("r", EARLY_TIME + MAX_SCORING_TIME * 1.1).scoring
    assert first
    assert second
    shop.scorings.end(first, OVERDUE_TIME)
    item = aws.dynamodb.get_item(TableName="test-control", Key={"id": {"S": schema.SCORING_ID}})
    assert (item["Item"]["request_id"]["S"], item["Item"]["ended_at"]["S"]) == ("r", "")
