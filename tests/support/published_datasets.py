"""Publish a dataset of the shop of two tastes on moto, as the nightly build publishes one."""

from pathlib import Path
from typing import Any

import pandas as pd

from regulars.domain.manifests import DatasetManifest, FileFact
from regulars.store.datasets import Datasets, hash_file
from tests.support import taste_shop
from tests.support.aws import MotoStack

FEATURE_NAMES = ("orders", "money", "recency_days", "gap_mean", "purchase_days", "tenure_days")


def build_features(
    interactions: pd.DataFrame, visitors: tuple[str, ...] = ("p_visitor",)
) -> pd.DataFrame:
    """Return the scoring rows of all buyers, and of visitors who never bought."""
    ages = (taste_shop.CUTOFF_SECONDS - interactions["occurred_at"]) / taste_shop.DAY_SECONDS
    people = interactions.assign(age=ages).groupby("profile_id")
    buyer_rows = pd.DataFrame(
        {
            "orders": people["order_key"].nunique(),
            "money": people["amount"].sum(),
            "recency_days": people["age"].min(),
            "gap_mean": 35.0,
            "tenure_days": people["age"].max(),
            "purchase_days": people["order_key"].nunique(),
        }
    ).reset_index()
    visitor_rows = pd.DataFrame({"profile_id": visitors, **dict.fromkeys(FEATURE_NAMES, 0.0)})
    return pd.concat([buyer_rows, visitor_rows], ignore_index=True).assign(
        cutoff=taste_shop.CUTOFF, split="score", churned=0.0
    )


def publish_dataset(
    aws: MotoStack, folder: Path, interactions: pd.DataFrame, dataset_id: str = "20260101-a"
) -> str:
    """Publish the dataset of these interactions; return the key of its manifest."""
    frames = {
        "features.parquet": build_features(interactions),
        "interactions.parquet": interactions,
        "products.parquet": taste_shop.build_products(),
    }
    for name, frame in frames.items():
        frame.to_parquet(folder / name, engine="fastparquet")
    files = {
        name: FileFact(hash_file(folder / name), len(frame), (folder / name).stat().st_size)
        for name, frame in frames.items()
    }
    manifest = DatasetManifest(
        dataset_id=dataset_id,
        cutoff=taste_shop.CUTOFF,
        created_at=taste_shop.CUTOFF,
        horizon_days=90,
        currency="EUR",
        files=files,
        counts={},
        features=FEATURE_NAMES,
    )
    return Datasets("test-lake", aws.s3).publish_dataset(manifest, folder)


def object_created_event(bucket: str, key: str) -> dict[str, Any]:
    """Return the event that EventBridge sends for a new object."""
    detail = {"bucket": {"name": bucket}, "object": {"key": key, "size": 1, "etag": "e"}}
    return {"source": "aws.s3", "detail": detail}
