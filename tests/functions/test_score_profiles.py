"""The scoring through its handler: with rules alone, with champions, and over stored scores."""

import json
import math
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import msgspec
import pytest

from regulars.domain.manifests import (
    MODELS,
    Champion,
    GateDecision,
    ModelManifest,
    TrainingOutcome,
    hash_bytes,
)
from regulars.learning.recommender.trainer import RecommenderTrainer
from regulars.learning.segments.trainer import SegmentsTrainer
from regulars.learning.training_run import train_model
from regulars.settings import ScoreProfilesSettings
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions
from regulars.store.datasets import Datasets, LatestDatasetPointer
from regulars.store.model_registry import ModelRegistry
from regulars.store.schema import IDENTITY_SORT_KEY
from tests.support import published_datasets, taste_shop
from tests.support.aws import MotoStack
from tests.support.gateway import load_handler

PEOPLE = 60
SCHEDULED_EVENT = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


class ScoredShop:
    """The shop of two tastes, with its dataset published and its profiles stored."""

    def __init__(self, aws: MotoStack, folder: Path, module: ModuleType) -> None:
        self._aws = aws
        self._folder = folder
        self._handler = module.handler
        interactions = taste_shop.build_interactions(PEOPLE)
        self.registry = ModelRegistry(Artifacts("test-artifacts"), Champions("test-control"))
        self.manifest_key = published_datasets.publish_dataset(aws, folder, interactions)
        for person in [*sorted(set(interactions["profile_id"])), "p_visitor"]:
            self.put_item({"profile_id": person, "sk": IDENTITY_SORT_KEY})

    def put_item(self, item: dict[str, str]) -> None:
        self._aws.dynamodb.put_item(
            TableName="test-profiles", Item={name: {"S": text} for name, text in item.items()}
        )

    def train(self, trainer: Any) -> TrainingOutcome:
        datasets, now = Datasets("test-lake"), taste_shop.CUTOFF_TIME
        return train_model(trainer, self.manifest_key, datasets, self.registry, now)

    def end_trainings(self, *models: str, dataset_id: str = "20260101-a") -> None:
        for model in models:
            outcome = TrainingOutcome(
                model=model,
                dataset_id=dataset_id,
                version="v",
                promoted=False,
                status="ok",
                reason="",
            )
            self.registry.artifacts.write_outcome(outcome)

    def invoke(self, model: str = "churn", request: str = "r-1") -> dict[str, Any]:
        """Invoke the function with the outcome of a model, or on schedule for ''."""
        key = f"models/{model}/outcome.json"
        event = published_datasets.object_created_event("test-artifacts", key)
        context = SimpleNamespace(aws_request_id=request)
        report: dict[str, Any] = self._handler(event if model else SCHEDULED_EVENT, context)
        return report

    def score(self) -> dict[str, Any]:
        """Score the dataset as if it had not been scored before."""
        self.end_trainings(*MODELS)
        self._aws.dynamodb.delete_item(TableName="test-control", Key={"id": {"S": "scoring"}})
        return self.invoke()

    def get_item(self, profile_id: str, sk: str) -> dict[str, str] | None:
        key = {"profile_id": {"S": profile_id}, "sk": {"S": sk}}
        item = self._aws.dynamodb.get_item(TableName="test-profiles", Key=key).get("Item")
        return item and {name: text["S"] for name, text in item.items()}

    def read_scores(self, profile_id: str) -> dict[str, Any]:
        item = self.get_item(profile_id, "profile#scores")
        assert item
        scores: dict[str, Any] = json.loads(item["scores"])
        return scores

    def read_published(self, id_: str) -> list[Any]:
        key = {"id": {"S": id_}}
        item = self._aws.dynamodb.get_item(TableName="test-control", Key=key)["Item"]
        content: list[Any] = json.loads(item[id_]["S"])
        return content


@pytest.fixture
def shop(aws: MotoStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScoredShop:
    module = load_handler("score_profiles", aws.build_settings(ScoreProfilesSettings), monkeypatch)
    return ScoredShop(aws, tmp_path, module)


def test_people_are_scored_by_rules_without_a_champion(shop: ScoredShop) -> None:
    report = shop.score()
    scores = shop.read_scores("p_000")
    assert set(report["status"].values()) == {"insufficient_data"}
    assert scores["churn"]["basis"] == "rules"
    assert 0 < scores["churn"]["probability"] < 1
    assert scores["rfm"]["recency"] in range(1, 6)
    assert scores["next_best_products"][0]["reason"] == "you usually buy this again"


def test_visitor_gets_popular_products_and_no_segment(shop: ScoredShop) -> None:
    shop.score()
    scores = shop.read_scores("p_visitor")
    assert scores["churn"]["band"] == "unknown"
    assert scores["segments"] == {"rfm": None, "kmeans": None}
    assert {product["reason"] for product in scores["next_best_products"]} == {"popular right now"}


def test_champions_score_once_they_are_promoted(shop: ScoredShop) -> None:
    shop.train(SegmentsTrainer())
    outcome = shop.train(RecommenderTrainer())
    report = shop.score()
    assert report["status"] == {
        "churn": "insufficient_data",
        "segments": "ok",
        "recommender": "ok",
    }
    item = shop.get_item("p_000", "recommendations")
    assert item
    assert json.loads(item["candidates"])["model_version"] == outcome.version


def test_next_best_products_are_of_the_persons_taste_with_a_reason(shop: ScoredShop) -> None:
    shop.train(RecommenderTrainer())
    shop.score()
    products = shop.read_scores("p_001")["next_best_products"]
    assert {product["product_id"].partition("-")[0] for product in products} == {"mug"}
    assert all(product["name"] and product["reason"] for product in products)


def test_neighbours_and_products_reach_the_catalogue(shop: ScoredShop, aws: MotoStack) -> None:
    shop.train(RecommenderTrainer())
    shop.score()
    key = {"product_id": {"S": "tea-1"}}
    item = aws.dynamodb.get_item(TableName="test-catalog", Key=key)["Item"]
    assert json.loads(item["product"]["S"])["name"] == "Darjeeling tea"
    assert json.loads(item["neighbours"]["S"])[0][0].startswith("tea-")


def test_segments_are_published_with_their_sizes(shop: ScoredShop) -> None:
    shop.score()
    published = shop.read_published("segments")
    assert sum(segment["size"] for segment in published) == PEOPLE
    assert {"id", "name", "scheme", "title", "description", "size"} <= set(published[0])
    assert len(shop.read_published("popular")) == 2 * taste_shop.PRODUCTS_PER_TASTE


def test_members_of_a_segment_are_found_by_the_index(shop: ScoredShop, aws: MotoStack) -> None:
    shop.score()
    id_ = shop.read_scores("p_000")["segment_ids"]["rfm"]
    members = aws.dynamodb.query(
        TableName="test-profiles",
        IndexName="members",
        KeyConditionExpression="segment = :segment",
        ExpressionAttributeValues={":segment": {"S": f"rfm:{id_}"}},
    )["Items"]
    assert "p_000" in {item["profile_id"]["S"] for item in members}


def put_membership(aws: MotoStack, profile_id: str, segment: str, as_of: str) -> None:
    """Store a membership as a scoring does."""
    texts = {"profile_id": profile_id, "sk": f"segment#{segment.partition(':')[0]}"}
    texts |= {"segment": segment, "rank": "0001", "as_of": as_of, "digest": "d"}
    item: Any = {name: {"S": text} for name, text in texts.items()}
    aws.dynamodb.put_item(TableName="test-profiles", Item=item)


def test_memberships_of_ids_that_are_nobodys_any_more_are_removed(
    shop: ScoredShop, aws: MotoStack
) -> None:
    shop.score()
    segment = f"rfm:{shop.read_scores('p_000')['segment_ids']['rfm']}"
    for number in range(120):  # more than are deleted at one time
        put_membership(aws, f"p_taken_over_{number}", segment, "2020")
    put_membership(aws, "p_of_a_later_run", segment, "9999")
    report = shop.score()
    assert report["items"]["deleted_memberships"] == 120
    assert shop.get_item("p_taken_over_7", "segment#rfm") is None
    assert shop.get_item("p_of_a_later_run", "segment#rfm")
    assert shop.get_item("p_000", "segment#rfm")


def test_second_scoring_writes_nothing_when_nothing_changed(shop: ScoredShop) -> None:
    first, second = shop.score(), shop.score()
    assert first["items"]["written"] > 3 * PEOPLE
    assert second["items"]["written"] == 0
    assert second["items"]["unchanged"] == first["items"]["written"]


def test_erased_person_is_not_written_again(shop: ScoredShop, aws: MotoStack) -> None:
    key = {"profile_id": {"S": "p_000"}, "sk": {"S": IDENTITY_SORT_KEY}}
    aws.dynamodb.delete_item(TableName="test-profiles", Key=key)
    shop.score()
    assert shop.get_item("p_000", "profile#scores") is None
    assert shop.get_item("p_001", "profile#scores")


def test_scores_of_a_later_time_are_kept(shop: ScoredShop) -> None:
    later = {"scores": '{"later": 1}', "as_of": "2027-01-01", "digest": "other"}
    shop.put_item({"profile_id": "p_000", "sk": "profile#scores", **later})
    report = shop.score()
    assert shop.read_scores("p_000") == {"later": 1}
    assert report["items"]["skipped"] == 1


def test_tampered_artifact_is_never_loaded(shop: ScoredShop, aws: MotoStack) -> None:
    version = shop.train(RecommenderTrainer()).version
    key = f"models/recommender/{version}/model.joblib"
    aws.s3.put_object(Bucket="test-artifacts", Key=key, Body=b"evil")
    assert shop.score()["status"]["recommender"] == "tampered_artifact"


def test_champion_that_reads_a_missing_feature_is_incompatible(shop: ScoredShop) -> None:
    outcome = shop.train(SegmentsTrainer())
    champion = shop.registry.champions.find_champion("segments")
    assert isinstance(champion, Champion)
    manifest = shop.registry.artifacts.read_manifest("segments", champion)
    incompatible = msgspec.structs.replace(manifest, features=("gone",), version="other")
    digest = shop.registry.artifacts.publish_version(incompatible, {})
    shop.registry.champions.promote_version("segments", "other", digest, champion)
    assert outcome.promoted
    assert shop.score()["status"]["segments"] == "incompatible"


def test_every_event_of_a_dataset_together_starts_one_scoring(shop: ScoredShop) -> None:
    shop.end_trainings(*MODELS)
    events = [*MODELS, "", *MODELS]
    reports = [shop.invoke(model, f"r-{number}") for number, model in enumerate(events)]
    assert [report.get("status") == "not_scored" for report in reports] == [False] + [True] * 6


def test_schedule_scores_what_lost_events_left(shop: ScoredShop, aws: MotoStack) -> None:
    assert shop.invoke("")["reason"] == "There is no dataset yet."
    manifest = Datasets("test-lake", aws.s3).read_manifest(shop.manifest_key)
    LatestDatasetPointer("test-control", aws.dynamodb).point_to(manifest, "")
    shop.end_trainings("segments")
    assert shop.invoke("")["people"] == PEOPLE + 1
    item = aws.dynamodb.get_item(TableName="test-control", Key={"id": {"S": "scoring"}})["Item"]
    assert item["missing_models"]["S"] == "churn, recommender"
    assert item["ended_at"]["S"] > item["started_at"]["S"]


def test_champion_of_another_horizon_never_scores(shop: ScoredShop) -> None:
    scorer = {"kind": "linear", "base": 2.0, "weights": {}, "typical": 0.5, "horizon_days": 60}
    content = msgspec.json.encode(scorer)
    manifest = build_manifest("churn", {"scorer.json": hash_bytes(content)})
    digest = shop.registry.artifacts.publish_version(manifest, {"scorer.json": content})
    shop.registry.champions.promote_version("churn", manifest.version, digest, None)
    assert shop.score()["status"]["churn"] == "incompatible"
    churn = shop.read_scores("p_000")["churn"]
    assert (churn["basis"], churn["horizon_days"]) == ("rules", 90)
    assert churn["probability"] != pytest.approx(1 / (1 + math.exp(-2.0)), abs=1e-3)


def build_manifest(model: str, files: dict[str, str]) -> ModelManifest:
    """Return the manifest of a version with these files."""
    return ModelManifest(
        model=model,
        version="20251201-v",
        dataset_id="20251201",
        created_at=taste_shop.CUTOFF,
        status="ok",
        reason="",
        files=files,
        versions={},
        features=(),
        window={},
        metrics={},
        gate=GateDecision(promote=True, reason=""),
    )
