"""A second event of a dataset trains nothing, and a challenger that is no better does not replace the champion."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from regulars import settings
from regulars.domain.events import Event
from regulars.store.datasets import Datasets
from tests.support import published_datasets, taste_shop
from tests.support.aws import MotoStack
from tests.support.gateway import load_handler
from tests.support.lake_events import build_churn_events, build_lake_dataset, order_event

type DatasetPublisher = Callable[[MotoStack, Path, int], str]


def create_publisher(events: Sequence[Event]) -> DatasetPublisher:
    """Return a function that publishes a dataset built from events and returns its manifest's key."""

    def publish(aws: MotoStack, folder: Path, number: int) -> str:
        folder = folder / str(number)
        manifest = build_lake_dataset(folder, events, 240 + number / 1440)
        return Datasets("test-lake", aws.s3).publish_dataset(manifest, folder)

    return publish


def publish_taste_shop(aws: MotoStack, folder: Path, number: int) -> str:
    """Publish the shop of two tastes; return its manifest's key."""
    interactions = taste_shop.build_interactions(60)
    return published_datasets.publish_dataset(aws, folder, interactions, f"20260101-{number}")


@pytest.mark.parametrize(
    ("name", "settings_class", "publish"),
    [
        (
            "train_segments",
            settings.TrainSegmentsSettings,
            create_publisher([order_event("ada", 200)]),
        ),
        ("train_churn", settings.TrainChurnSettings, create_publisher(build_churn_events())),
        ("train_recommender", settings.TrainRecommenderSettings, publish_taste_shop),
    ],
)
def test_champion_stays_when_the_challenger_is_no_better(
    aws: MotoStack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    settings_class: Any,
    publish: DatasetPublisher,
) -> None:
    events = [
        published_datasets.object_created_event("test-lake", publish(aws, tmp_path, number))
        for number in (1, 2)
    ]
    module = load_handler(name, aws.build_settings(settings_class), monkeypatch)
    first, repeated, second = (module.handler(events[index], None) for index in (0, 0, 1))
    assert repeated == first
    assert (first["promoted"], second["promoted"]) == (True, False), (first, second)
