"""A second training on the same dataset meets the champion of the first, and does not replace it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from regulars import settings
from regulars.domain.events import Event
from regulars.store.datasets import Datasets
from tests.functions.test_train_churn import shop
from tests.support import learning
from tests.support import sample_shops as shops
from tests.support.aws import MotoStack
from tests.support.gateway import loaded
from tests.support.lake import built, order

type Published = Callable[[MotoStack, Path], str]


def lake(events: Sequence[Event]) -> Published:
    """A dataset built from events; its manifest's key."""

    def publish(aws: MotoStack, folder: Path) -> str:
        manifest = built(folder / "dataset", events, 240)
        return Datasets("test-lake", aws.s3).publish_dataset(manifest, folder / "dataset")

    return publish


def tastes(aws: MotoStack, folder: Path) -> str:
    """The shop of two tastes; its manifest's key."""
    return learning.publish(aws, folder, shops.interactions(60))


@pytest.mark.parametrize(
    ("name", "cls", "published"),
    [
        ("train_segments", settings.TrainSegmentsSettings, lake([order("ada", 200)])),
        ("train_churn", settings.TrainChurnSettings, lake(shop())),
        ("train_recommender", settings.TrainRecommenderSettings, tastes),
    ],
)
def test_champion_stays_when_the_challenger_is_no_better(
    aws: MotoStack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    cls: Any,
    published: Published,
) -> None:
    event = learning.arrived("test-lake", published(aws, tmp_path))
    module = loaded(name, aws.build_settings(cls), monkeypatch)
    outcomes = [module.handler(event, None) for _ in range(2)]
    assert [outcome["promoted"] for outcome in outcomes] == [True, False], outcomes
