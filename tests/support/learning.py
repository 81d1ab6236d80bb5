"""A dataset of the made-up shop, published on moto the way the nightly build publishes one."""

from pathlib import Path
from typing import Any

import pandas as pd

from regulars.domain.manifests import DatasetManifest, FileFact
from regulars.store.datasets import Datasets, hash_file
from tests.support import sample_shops as shops
from tests.support.aws import MotoStack

FEATURES = ("orders", "money", "recency_days", "gap_mean", "purchase_days", "tenure_days")


def features(bought: pd.DataFrame, visitors: tuple[str, ...] = ("p_visitor",)) -> pd.DataFrame:
    """The present rows of all buyers, and of visitors who never bought."""
    at = (shops.NOW - bought["occurred_at"]) / shops.DAY
    people = bought.assign(at=at).groupby("profile_id")
    rows = pd.DataFrame(
        {
            "orders": people["order_key"].nunique(),
            "money": people["amount"].sum(),
            "recency_days": people["at"].min(),
            "gap_mean": 35.0,
            "tenure_days": people["at"].max(),
            "purchase_days": people["order_key"].nunique(),
        }
    ).reset_index()
    strangers = pd.DataFrame({"profile_id": visitors, **dict.fromkeys(FEATURES, 0.0)})
    return pd.concat([rows, strangers], ignore_index=True).assign(
        cutoff=shops.CUTOFF, split="score", churned=0.0
    )


def publish(
    aws: MotoStack, folder: Path, bought: pd.DataFrame, dataset_id: str = "20260101-a"
) -> str:
    """Publish the dataset of these purchases; returns the key of its manifest."""
    tables = {
        "features.parquet": features(bought),
        "interactions.parquet": bought,
        "products.parquet": shops.products(),
    }
    for name, table in tables.items():
        table.to_parquet(folder / name, engine="fastparquet")
    files = {
        name: FileFact(hash_file(folder / name), len(table), (folder / name).stat().st_size)
        for name, table in tables.items()
    }
    manifest = DatasetManifest(
        dataset_id=dataset_id,
        cutoff=shops.CUTOFF,
        created_at=shops.CUTOFF,
        horizon_days=90,
        currency="EUR",
        files=files,
        counts={},
        features=FEATURES,
    )
    return Datasets("test-lake", aws.s3).publish_dataset(manifest, folder)


def arrived(bucket: str, key: str) -> dict[str, Any]:
    """EventBridge's word of a new object."""
    return {"detail": {"bucket": {"name": bucket}, "object": {"key": key, "size": 1, "etag": "e"}}}
