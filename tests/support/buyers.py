"""Build datasets of made-up buyers whose right predictions are known."""

import numpy as np
import pandas as pd

from regulars.domain.manifests import DatasetManifest
from regulars.learning.contract import Dataset

FEATURE_NAMES = ("recency_days", "orders", "money", "tenure_days", "purchase_days")
CUTOFFS = [
    str(day) + "T00:00:00.000Z" for day in pd.date_range("2025-01-01", periods=9, freq="14D").date
]


def build_dataset(
    features: pd.DataFrame, repeat_buyers: int = 200, horizon_days: int = 30
) -> Dataset:
    """Return a dataset of these feature rows, without interactions and products."""
    manifest = DatasetManifest(
        dataset_id="d1",
        cutoff="2025-06-01T00:00:00.000Z",
        created_at="2025-06-01T01:00:00.000Z",
        horizon_days=horizon_days,
        currency="EUR",
        files={},
        counts={"repeat_buyers": repeat_buyers, "buyers": len(features)},
        features=FEATURE_NAMES,
    )
    return Dataset(
        manifest=manifest,
        features=features,
        interactions=pd.DataFrame(),
        products=pd.DataFrame(),
    )


def generate_rows(people: int, cutoff: str, split: str, seed: int) -> pd.DataFrame:
    """Return buyers who stay away the likelier the longer their silence; nothing else has an effect."""
    generator = np.random.default_rng(seed)
    recency = generator.uniform(0, 120, people)
    stayed_away = generator.random(people) < 1 / (1 + np.exp(-3 * (np.log1p(recency) - 3.8)))
    orders = generator.integers(1, 9, people)
    return pd.DataFrame(
        {
            "profile_id": [f"p_{number:04d}" for number in range(people)],
            "cutoff": cutoff,
            "split": split,
            "recency_days": recency,
            "orders": orders,
            "money": orders * generator.integers(500, 5000, people),
            "tenure_days": recency + 100,
            "purchase_days": orders,
            "churned": stayed_away if split == "train" else None,
        }
    )


def build_shop(people: int = 200, seed: int = 0) -> Dataset:
    """Return a dataset of such buyers with nine labelled cut-offs and the present."""
    training_rows = [
        generate_rows(people, cutoff, "train", seed + number)
        for number, cutoff in enumerate(CUTOFFS)
    ]
    scoring_rows = generate_rows(people, "2025-06-01T00:00:00.000Z", "score", seed + 99)
    return build_dataset(pd.concat([*training_rows, scoring_rows], ignore_index=True))
