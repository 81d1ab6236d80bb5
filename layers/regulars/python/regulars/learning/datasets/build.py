"""Build a dataset: the lake's events as features at several past cut-offs and at the present one."""

import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from regulars.domain.errors import InsufficientDataError
from regulars.domain.manifests import DatasetManifest, FileFact, hash_bytes
from regulars.domain.times import to_text
from regulars.learning.datasets.lake_sql import Lake
from regulars.store.datasets import Datasets, LatestDatasetPointer, hash_file
from regulars.store.lake_files import LakeFiles
from regulars.store.profile_directory import SubjectDirectory

HORIZONS_DAYS = (30, 60, 90, 180)
STEP_DAYS = 14  # between two past cut-offs
MOST_CUTOFFS = 26  # a year of them: older behaviour says little of the next weeks
SHORTEST_HISTORY_DAYS = 30  # before a past cut-off, or its features would all be alike
MEMORY_MB = 1000
_KEYS = ("profile_id", "cutoff", "split")  # the feature rows' key; every other column is a feature
_AS_OF = ("orders", "purchases", "tastes", "visits")


def publish_dataset(
    archive: LakeFiles,
    directory: SubjectDirectory,
    datasets: Datasets,
    latest: LatestDatasetPointer,
    cutoff: datetime,
    now: datetime,
) -> DatasetManifest:
    """Build the dataset as of `cutoff` from all that is stored, publish it and name it the newest."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        objects = archive.download_files(folder / "lake")
        manifest = build(folder, objects, directory.list_subjects_by_profile(), cutoff, now)
        datasets.publish_dataset(manifest, folder)
    latest.point_to(manifest)
    return manifest


def build(
    folder: Path,
    objects: Sequence[Path],
    directory: Iterable[tuple[str, Sequence[str]]],
    cutoff: datetime,
    now: datetime,
) -> DatasetManifest:
    """Write features, interactions and products as Parquet into `folder`; returns what was written.

    The same events before the cut-off give the same bytes, whatever came later and in whatever order.
    InsufficientDataError when the lake holds nothing at all.
    """
    if not objects:
        raise InsufficientDataError("No event has reached the lake yet.")
    present = int(cutoff.timestamp())
    with Lake(folder, MEMORY_MB) as lake:
        lake.introduce(directory)
        lake.run("events", {"objects": [str(path) for path in objects], "cutoff": present})
        lake.run("orders", {"cutoff": present})
        shop = lake.row("shop")
        shop["horizon_days"] = horizon(shop["gap"], shop["first_at"], present)
        past = past_cutoffs(shop["first_at"], present, shop["horizon_days"])
        _insert_features(lake, shop, [*past, present], present)
        rows = _write(lake, folder, shop["horizon_days"])
        features = tuple(name for name in lake.columns("features") if name not in _KEYS)
    return _manifest(folder, rows, shop, features, len(past), (cutoff, now))


def horizon(gap_days: float | None, first_at: int | None, cutoff: int) -> int:
    """The days without a purchase after which a buyer counts as lost, from the shop's own rhythm.

    Four of five gaps between two purchase days of its repeat buyers are no longer than `gap_days`: the horizon is the
    next larger of 30, 60, 90 and 180 days (90 when nobody came back yet), but at most a third of the history, so that
    enough of it is left to learn from.
    """
    wanted = 90 if gap_days is None else gap_days
    history = 0 if first_at is None else (cutoff - first_at) / 86400
    possible = [days for days in HORIZONS_DAYS if 3 * days <= history] or [HORIZONS_DAYS[0]]
    return min((days for days in possible if days >= wanted), default=possible[-1])


def past_cutoffs(first_at: int | None, cutoff: int, horizon_days: int) -> list[int]:
    """The cut-offs whose next `horizon_days` are known by now, oldest first, as epoch seconds."""
    if first_at is None:
        return []
    newest = cutoff - horizon_days * 86400
    every = [newest - step * STEP_DAYS * 86400 for step in range(MOST_CUTOFFS)]
    return [past for past in reversed(every) if past - first_at >= SHORTEST_HISTORY_DAYS * 86400]


def _insert_features(
    lake: Lake, shop: dict[str, Any], cutoffs: Sequence[int], present: int
) -> None:
    for cutoff in cutoffs:
        as_of = {
            "cutoff": cutoff,
            "horizon_days": shop["horizon_days"],
            "currency": shop["currency"],
            "split": "score" if cutoff == present else "train",
        }
        for name in _AS_OF:
            lake.run(name, as_of)
        lake.insert("features", "columns", {name: as_of[name] for name in ("cutoff", "split")})


def _write(lake: Lake, folder: Path, horizon_days: int) -> dict[str, int]:
    """Write the three files; the as-of tables stand at the present cut-off, the last one made."""
    return {
        "features.parquet": lake.write(
            "labels", folder / "features.parquet", {"horizon_days": horizon_days}
        ),
        "interactions.parquet": lake.write("interactions", folder / "interactions.parquet"),
        "products.parquet": lake.write("products", folder / "products.parquet"),
    }


def _manifest(
    folder: Path,
    rows: dict[str, int],
    shop: dict[str, Any],
    features: tuple[str, ...],
    past: int,
    times: tuple[datetime, datetime],
) -> DatasetManifest:
    files = {
        name: FileFact(hash_file(folder / name), count, (folder / name).stat().st_size)
        for name, count in rows.items()
    }
    cutoff = times[0].astimezone(UTC) - timedelta(microseconds=times[0].microsecond)
    digest = hash_bytes("".join(fact.sha256 for fact in files.values()).encode())
    return DatasetManifest(
        dataset_id=f"{cutoff:%Y%m%dT%H%M%S}-{digest[:8]}",
        cutoff=to_text(cutoff),
        created_at=to_text(times[1]),
        horizon_days=shop["horizon_days"],
        currency=shop["currency"],
        files=files,
        counts={
            "events": shop["events"],
            "people": shop["people"],
            "buyers": shop["buyers"],
            "repeat_buyers": shop["repeat_buyers"],
            "orders": shop["orders"],
            "past_cutoffs": past,
        },
        features=features,
    )
