"""Made-up shops that train their segments every night: who is in which segment, and why somebody moved."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import msgspec
import numpy as np
import pandas as pd

from regulars.learning.contract import Dataset
from regulars.learning.scoring.champion_loading import LoadedChampion
from regulars.learning.scoring.segment_assignment import SegmentAssigner
from regulars.learning.segments.trainer import SegmentsTrainer
from tests.support.buyers import build_dataset

FEATURE_COLUMNS = (
    "recency_days",
    "orders",
    "money",
    "tenure_days",
    "purchase_days",
    "gap_mean",
)

type SegmentIds = dict[str, dict[str, str | None]]  # by person, then by scheme


@dataclass(frozen=True)
class Shopper:
    """The orders of one person, in days since the shop opened, and the amount of each."""

    days: tuple[float, ...]
    amount: int

    def describe(self, night: float) -> dict[str, float]:
        """Return the features as of a night."""
        past = [day for day in self.days if day < night]
        gaps = np.diff(past) if len(past) > 1 else np.array([30.0])
        return {
            "recency_days": night - past[-1] if past else 0.0,
            "orders": float(len(past)),
            "money": float(len(past) * self.amount),
            "tenure_days": night - past[0] if past else 0.0,
            "purchase_days": float(len(past)),
            "gap_mean": float(gaps.mean()),
        }


def build_shop_dataset(
    shoppers: Sequence[Shopper], night: float, horizon_days: int = 30
) -> Dataset:
    """Return the dataset of a night; a shopper's number is the profile id."""
    rows = [
        {"profile_id": f"p_{number:03}", "split": "score", **shopper.describe(night)}
        for number, shopper in enumerate(shoppers)
    ]
    dataset = build_dataset(pd.DataFrame(rows), horizon_days=horizon_days)
    manifest = msgspec.structs.replace(
        dataset.manifest, dataset_id=f"night-{night}", features=FEATURE_COLUMNS
    )
    return replace(dataset, manifest=manifest)


def assign_segments(
    dataset: Dataset, scorer: Any, read: Callable[[Any], dict[str, str | None]] = lambda s: s.ids
) -> SegmentIds:
    """Return the ids, or what else is read, of everybody's segments."""
    assigner = SegmentAssigner(LoadedChampion("ok", "v1", scorer), dataset)
    rows = cast("list[dict[str, Any]]", dataset.scoring_rows.to_dict("records"))
    return {row["profile_id"]: read(assigner.find_segments(row)) for row in rows}


def train_nightly(
    shoppers: Sequence[Shopper], nights: Sequence[float]
) -> Iterator[tuple[Dataset, Any, Any]]:
    """Yield each night's dataset, and the champion before and after its training."""
    trainer = SegmentsTrainer()
    champion: Any = None
    for night in nights:
        dataset, before = build_shop_dataset(shoppers, night), champion
        trained = trainer.fit(dataset)
        if before is not None:
            trained = trainer.follow_champion(trained, before, dataset)
        comparison = trainer.compare(trained, before, dataset)
        if before is None or comparison.gain > comparison.standard_error:
            champion = msgspec.json.decode(msgspec.json.encode(trained.scorer))
        yield dataset, before, champion
