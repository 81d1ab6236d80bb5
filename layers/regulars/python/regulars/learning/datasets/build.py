"""Build a dataset: features of the lake's events at several past cut-offs and at the present one."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from regulars.domain.errors import InsufficientDataError, UnchangedLakeError
from regulars.domain.manifests import DatasetManifest, FileFact, hash_bytes
from regulars.domain.times import to_text
from regulars.learning.datasets.cutoffs import choose_horizon, list_past_cutoffs
from regulars.learning.datasets.lake_database import LakeDatabase
from regulars.learning.datasets.people_tables import (
    load_events,
    load_past_people,
    load_present_people,
)
from regulars.store.datasets import Datasets, LatestDatasetPointer, hash_file
from regulars.store.lake_files import LakeFile, LakeFiles, hash_files

MAX_MEMORY_MB = 1000
_KEY_COLUMNS = ("profile_id", "cutoff", "split")  # every other column is a feature
# The SQL that makes its tables anew as of each cut-off.
_AS_OF_QUERIES = ("events", "orders", "purchase_features", "product_features", "activity_features")


@dataclass(frozen=True, kw_only=True)
class ShopSummary:
    """The shop as known at the cut-off, as shop_summary.sql returns it, and the horizon that follows from it."""

    gap: float | None
    first_at: int | None
    currency: str
    orders: int
    buyers: int
    repeat_buyers: int
    people: int
    events: int
    horizon_days: int


@dataclass(frozen=True, kw_only=True)
class DatasetBuilder:
    """Builds datasets from the lake, publishes them and names the newest one."""

    lake_files: LakeFiles
    datasets: Datasets
    latest: LatestDatasetPointer

    def publish_new_events(self, now: datetime, *, rebuild: bool = False) -> DatasetManifest:
        """Build the dataset as of now; with `rebuild` also when no event has arrived since the newest one.

        Otherwise record that there is nothing new, and raise UnchangedLakeError.
        """
        files = self.lake_files.list_files()
        lake_digest = hash_files(files)
        latest = self.latest.read()
        if latest and latest.lake_digest == lake_digest and not rebuild:
            self.latest.record_skip(latest, now)
            raise UnchangedLakeError(f"No event has arrived since dataset {latest.dataset_id}.")
        return self._publish(files, lake_digest, now, now)

    def publish_past(self, cutoff: datetime, now: datetime) -> DatasetManifest:
        """Build the dataset as of a past time from the events before it; the next build is never skipped."""
        return self._publish(self.lake_files.list_files(), "", cutoff, now)

    def _publish(
        self, files: Sequence[LakeFile], lake_digest: str, cutoff: datetime, now: datetime
    ) -> DatasetManifest:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            objects = self.lake_files.download_files(files, folder / "lake")
            manifest = build_dataset(folder, objects, cutoff, now)
            self.datasets.publish_dataset(manifest, folder)
        self.latest.point_to(manifest, lake_digest)
        return manifest


def build_dataset(
    folder: Path, objects: Sequence[Path], cutoff: datetime, now: datetime
) -> DatasetManifest:
    """Write features, interactions and products as Parquet into `folder`; return the manifest.

    Equal events before the cut-off give equal bytes, whatever their order and whatever came later. Raise
    InsufficientDataError when the lake is empty.
    """
    if not objects:
        raise InsufficientDataError("No event has reached the lake yet.")
    present = int(cutoff.timestamp())
    with LakeDatabase(folder, MAX_MEMORY_MB) as lake:
        load_events(lake, objects, present)
        people = load_present_people(lake, present)
        shop = _describe_shop(lake, present)
        past_cutoffs = list_past_cutoffs(shop.first_at, present, shop.horizon_days)
        load_past_people(lake, people, past_cutoffs, present)
        for past_cutoff in past_cutoffs:
            _append_features(lake, shop, past_cutoff, "train")
        # The present comes last: the interactions and products are read from its tables.
        _append_features(lake, shop, present, "score")
        row_counts = _write_files(lake, folder, shop.horizon_days)
        features = tuple(name for name in lake.list_columns("features") if name not in _KEY_COLUMNS)
    files = _describe_files(folder, row_counts)
    return _build_manifest(files, shop, features, len(past_cutoffs), cutoff, now)


def _describe_shop(lake: LakeDatabase, cutoff: int) -> ShopSummary:
    for name in ("events", "orders"):
        lake.run_statements(name, {"cutoff": cutoff})
    (row,) = lake.fetch_rows("shop_summary")
    return ShopSummary(**row, horizon_days=choose_horizon(row["gap"], row["first_at"], cutoff))


def _append_features(lake: LakeDatabase, shop: ShopSummary, cutoff: int, split: str) -> None:
    parameters = {"cutoff": cutoff, "horizon_days": shop.horizon_days, "currency": shop.currency}
    for name in _AS_OF_QUERIES:
        lake.run_statements(name, parameters)
    lake.append_rows("features", "feature_rows", {"cutoff": cutoff, "split": split})


def _write_files(lake: LakeDatabase, folder: Path, horizon_days: int) -> dict[str, int]:
    """Write the three files; return the number of rows of each."""
    return {
        "features.parquet": lake.write_parquet(
            "labelled_features", folder / "features.parquet", {"horizon_days": horizon_days}
        ),
        "interactions.parquet": lake.write_parquet("interactions", folder / "interactions.parquet"),
        "products.parquet": lake.write_parquet("products", folder / "products.parquet"),
    }


def _describe_files(folder: Path, row_counts: dict[str, int]) -> dict[str, FileFact]:
    return {
        name: FileFact(
            sha256=hash_file(folder / name), rows=rows, bytes=(folder / name).stat().st_size
        )
        for name, rows in row_counts.items()
    }


def _build_manifest(
    files: dict[str, FileFact],
    shop: ShopSummary,
    features: tuple[str, ...],
    past_cutoffs: int,
    cutoff: datetime,
    now: datetime,
) -> DatasetManifest:
    cutoff = cutoff.astimezone(UTC) - timedelta(microseconds=cutoff.microsecond)
    digest = hash_bytes("".join(fact.sha256 for fact in files.values()).encode())
    return DatasetManifest(
        dataset_id=f"{cutoff:%Y%m%dT%H%M%S}-{digest[:8]}",
        cutoff=to_text(cutoff),
        created_at=to_text(now),
        horizon_days=shop.horizon_days,
        currency=shop.currency,
        files=files,
        counts={
            "events": shop.events,
            "people": shop.people,
            "buyers": shop.buyers,
            "repeat_buyers": shop.repeat_buyers,
            "orders": shop.orders,
            "past_cutoffs": past_cutoffs,
        },
        features=features,
    )
