"""Scoring on moto: with rules alone, with champions, over what was there before."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from regulars.domain.manifests import Champion, TrainingOutcome
from regulars.learning.recommender.trainer import RecommenderTrainer
from regulars.learning.segments.trainer import SegmentsTrainer
from regulars.learning.training_run import train
from regulars.settings import ScoreProfilesSettings
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions
from regulars.store.datasets import Datasets
from regulars.store.registry import ModelRegistry
from tests.support import learning
from tests.support import sample_shops as shops
from tests.support.aws import MotoStack
from tests.support.gateway import loaded

PEOPLE = 60


class Shop:
    """The shop of two tastes, its dataset published and its people known."""

    def __init__(self, aws: MotoStack, folder: Path, module: ModuleType) -> None:
        self._aws = aws
        self._folder = folder
        self._handler = module.handler
        self.bought = shops.interactions(PEOPLE)
        self.registry = ModelRegistry(Artifacts("test-artifacts"), Champions("test-control"))
        self.dataset = learning.publish(aws, folder, self.bought)
        for person in [*sorted(set(self.bought["profile_id"])), "p_visitor"]:
            self.put({"profile_id": person, "sk": "profile", "state": "{}"})

    def put(self, item: dict[str, str]) -> None:
        self._aws.dynamodb.put_item(
            TableName="test-profiles", Item={name: {"S": text} for name, text in item.items()}
        )

    def train(self, trainer: Any) -> TrainingOutcome:
        return train(trainer, self.dataset, Datasets("test-lake"), self.registry, shops.MOMENT)

    def score(self, dataset_id: str = "20260101-a") -> dict[str, Any]:
        self.registry.artifacts.write_outcome(
            TrainingOutcome(
                model="churn",
                dataset_id=dataset_id,
                version="v",
                promoted=False,
                status="ok",
                reason="",
            )
        )
        event = learning.arrived("test-artifacts", "models/churn/outcome.json")
        report: dict[str, Any] = self._handler(event, None)
        return report

    def item(self, profile_id: str, sk: str) -> dict[str, str] | None:
        key = {"profile_id": {"S": profile_id}, "sk": {"S": sk}}
        item = self._aws.dynamodb.get_item(TableName="test-profiles", Key=key).get("Item")
        return item and {name: text["S"] for name, text in item.items()}

    def scores(self, profile_id: str) -> dict[str, Any]:
        item = self.item(profile_id, "profile#scores")
        assert item
        scores: dict[str, Any] = json.loads(item["scores"])
        return scores

    def control(self, id_: str) -> list[Any]:
        key = {"id": {"S": id_}}
        item = self._aws.dynamodb.get_item(TableName="test-control", Key=key)["Item"]
        content: list[Any] = json.loads(item[id_]["S"])
        return content


@pytest.fixture
def shop(aws: MotoStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    module = loaded("score_profiles", aws.build_settings(ScoreProfilesSettings), monkeypatch)
    return Shop(aws, tmp_path, module)


def test_people_are_scored_by_rules_when_no_champion_stands(shop: Shop) -> None:
    report = shop.score()
    scores = shop.scores("p_000")
    assert set(report["status"].values()) == {"insufficient_data"}
    assert (scores["churn"]["basis"], scores["churn"]["probability"]) == ("rules", None)
    assert scores["rfm"]["recency"] in range(1, 6)
    assert scores["next_best_products"][0]["reason"] == "you usually buy this again"


def test_visitor_without_an_order_gets_what_is_popular_and_no_segment(shop: Shop) -> None:
    shop.score()
    scores = shop.scores("p_visitor")
    assert scores["churn"]["band"] == "unknown"
    assert scores["segments"] == {"rfm": None, "kmeans": None}
    assert {one["reason"] for one in scores["next_best_products"]} == {"popular right now"}


def test_champions_speak_once_they_stand(shop: Shop) -> None:
    shop.train(SegmentsTrainer())
    recommender = shop.train(RecommenderTrainer())
    report = shop.score()
    assert report["status"] == {
        "churn": "insufficient_data",
        "segments": "ok",
        "recommender": "ok",
    }
    item = shop.item("p_000", "recommendations")
    assert item
    assert json.loads(item["candidates"])["model_version"] == recommender.version


def test_next_best_products_are_of_the_persons_taste_and_say_why(shop: Shop) -> None:
    shop.train(RecommenderTrainer())
    shop.score()
    best = shop.scores("p_001")["next_best_products"]
    assert {one["product_id"].partition("-")[0] for one in best} == {"mug"}
    assert all(one["name"] and one["reason"] for one in best)


def test_neighbours_and_products_reach_the_catalogue(shop: Shop, aws: MotoStack) -> None:
    shop.train(RecommenderTrainer())
    shop.score()
    key = {"product_id": {"S": "tea-1"}}
    item = aws.dynamodb.get_item(TableName="test-catalog", Key=key)["Item"]
    assert json.loads(item["product"]["S"])["name"] == "Darjeeling tea"
    assert json.loads(item["neighbours"]["S"])[0][0].startswith("tea-")


def test_segments_are_published_with_their_sizes(shop: Shop) -> None:
    shop.score()
    published = shop.control("segments")
    assert sum(one["size"] for one in published) == PEOPLE
    assert {"name", "scheme", "title", "description", "size"} <= set(published[0])
    assert len(shop.control("popular")) == 2 * shops.KINDS


def test_members_of_a_segment_are_found_by_its_index(shop: Shop, aws: MotoStack) -> None:
    shop.score()
    name = shop.scores("p_000")["segments"]["rfm"]
    members = aws.dynamodb.query(
        TableName="test-profiles",
        IndexName="members",
        KeyConditionExpression="segment = :segment",
        ExpressionAttributeValues={":segment": {"S": f"rfm:{name}"}},
    )["Items"]
    assert "p_000" in {item["profile_id"]["S"] for item in members}


def test_second_scoring_writes_nothing_when_nothing_changed(shop: Shop) -> None:
    first, second = shop.score(), shop.score()
    assert first["items"]["written"] > 3 * PEOPLE
    assert second["items"]["written"] == 0
    assert second["items"]["unchanged"] == first["items"]["written"]


def test_person_who_was_merged_meanwhile_is_not_written_again(shop: Shop) -> None:
    shop.put({"profile_id": "p_000", "sk": "profile", "state": "{}", "merged_into": "p_001"})
    shop.score()
    assert shop.item("p_000", "profile#scores") is None
    assert shop.item("p_001", "profile#scores")


def test_scores_as_of_a_later_time_stay(shop: Shop) -> None:
    later = {"scores": '{"later": 1}', "as_of": "2027-01-01", "digest": "other"}
    shop.put({"profile_id": "p_000", "sk": "profile#scores", **later})
    report = shop.score()
    assert shop.scores("p_000") == {"later": 1}
    assert report["items"]["skipped"] == 1


def test_tampered_artifact_is_never_loaded_and_rules_speak(shop: Shop, aws: MotoStack) -> None:
    version = shop.train(RecommenderTrainer()).version
    key = f"models/recommender/{version}/model.joblib"
    aws.s3.put_object(Bucket="test-artifacts", Key=key, Body=b"evil")
    assert shop.score()["status"]["recommender"] == "tampered_artifact"


def test_champion_that_reads_a_missing_feature_is_not_asked(shop: Shop) -> None:
    trained = shop.train(SegmentsTrainer())
    champion = shop.registry.champions.find_champion("segments")
    assert isinstance(champion, Champion)
    manifest = shop.registry.artifacts.read_manifest("segments", champion)
    other = type(manifest)(**{**_fields(manifest), "features": ("gone",), "version": "other"})
    digest = shop.registry.artifacts.publish_version(other, {})
    shop.registry.champions.promote_version("segments", "other", digest, champion)
    assert trained.promoted
    assert shop.score()["status"]["segments"] == "incompatible"


def _fields(manifest: Any) -> dict[str, Any]:
    return {name: getattr(manifest, name) for name in manifest.__struct_fields__}
