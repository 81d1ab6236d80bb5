"""Made-up datasets whose right answers are known, for the models."""

import numpy as np
import pandas as pd

from regulars.domain.manifests import DatasetManifest
from regulars.learning.contract import Dataset

FEATURES = ("recency_days", "orders", "money", "tenure_days", "purchase_days")
CUTOFFS = [
    str(day) + "T00:00:00.000Z" for day in pd.date_range("2025-01-01", periods=9, freq="14D").date
]


def dataset(features: pd.DataFrame, repeat_buyers: int = 200, horizon_days: int = 30) -> Dataset:
    """A dataset of these feature rows and nothing else."""
    counts = {"repeat_buyers": repeat_buyers, "buyers": len(features)}
    manifest = DatasetManifest(
        dataset_id="d1",
        cutoff="2025-06-01T00:00:00.000Z",
        created_at="2025-06-01T01:00:00.000Z",
        horizon_days=horizon_days,
        currency="EUR",
        files={},
        counts=counts,
        features=FEATURES,
    )
    return Dataset(manifest, features, pd.DataFrame(), pd.DataFrame())


def rows(people: int, cutoff: str, split: str, seed: int) -> pd.DataFrame:
    """Buyers who stay away the likelier the longer they have been silent; nothing else matters."""
    drawn = np.random.default_rng(seed)
    recency = drawn.uniform(0, 120, people)
    stayed_away = drawn.random(people) < 1 / (1 + np.exp(-3 * (np.log1p(recency) - 3.8)))
    orders = drawn.integers(1, 9, people)
    return pd.DataFrame(
        {
            "profile_id": [f"p_{number:04d}" for number in range(people)],
            "cutoff": cutoff,
            "split": split,
            "recency_days": recency,
            "orders": orders,
            "money": orders * drawn.integers(500, 5000, people),
            "tenure_days": recency + 100,
            "purchase_days": orders,
            "churned": stayed_away if split == "train" else None,
        }
    )


def shop(people: int = 200, seed: int = 0) -> Dataset:
    """Nine labelled cut-offs and the present of such buyers."""
    past = [rows(people, cutoff, "train", seed + number) for number, cutoff in enumerate(CUTOFFS)]
    present = rows(people, "2025-06-01T00:00:00.000Z", "score", seed + 99)
    return dataset(pd.concat([*past, present], ignore_index=True))
