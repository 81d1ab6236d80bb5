"""Build events of made-up customers, lake objects that hold them, and the dataset of these objects."""

import gzip
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
from fastparquet import ParquetFile

from regulars.domain.events import Event, Item, OrderFact, encode_event, event_id
from regulars.domain.manifests import DatasetManifest
from regulars.domain.times import to_text
from regulars.learning.datasets.build import build_dataset

FIRST_DAY = datetime(2025, 1, 1, tzinfo=UTC)


def day_text(day: float) -> str:
    """Return the RFC 3339 text of a time in days since the first one."""
    return to_text(FIRST_DAY + timedelta(days=day))


def order_event(
    customer: str, day: float, total: int = 1000, *, key: str = "", **changes: object
) -> Event:
    """Return a completed order of one product; `changes` are fields of the event."""
    key = key or f"shop/{customer}-{day}"
    time = day_text(day)
    fields = {
        "id": event_id(key, str(day), str(total)),
        "type": "Order Completed",
        "channel": "web",
        "source": "segment/web",
        "occurred_at": time,
        "received_at": time,
        "subjects": (f"u:{customer}",),
        "items": (Item(product_id="cup", name="Cup", category="Kitchen", price=total),),
        "currency": "EUR",
        "order": OrderFact(key=key, version=time, placed_at=time, total=total, currency="EUR"),
    }
    return Event(**{**fields, **changes})  # type: ignore[arg-type]


def activity_event(customer: str, day: float, type_: str = "Page Viewed") -> Event:
    """Return an event that is not an order."""
    event = order_event(customer, day, key=f"{type_}/{customer}/{day}", type=type_)
    return Event(
        **{
            **{name: getattr(event, name) for name in event.__struct_fields__},
            "order": None,
            "items": (),
        }
    )


def build_churn_events() -> list[Event]:
    """Return orders of 70 people who come back every fortnight, and of 70 whose third order is the last, over 240 days."""
    generator = random.Random(2)
    events = []
    for number in range(140):
        start = generator.uniform(0, 170)
        orders = 30 if number % 2 else 3
        days = [start + 14 * index + generator.uniform(0, 4) for index in range(orders)]
        events += [
            order_event(f"c{number}", day, generator.randint(500, 5000))
            for day in days
            if day < 240
        ]
    return events


def write_lake_object(folder: Path, events: Iterable[Event], name: str = "events") -> Path:
    """Write events as one object of the lake; return its path."""
    path = folder / f"{name}.ndjson.gz"
    path.write_bytes(gzip.compress(b"\n".join(encode_event(event) for event in events) + b"\n"))
    return path


def build_lake_dataset(folder: Path, events: Sequence[Event], cutoff_day: float) -> DatasetManifest:
    """Build the dataset of these events in a new folder."""
    folder.mkdir(parents=True)
    cutoff = FIRST_DAY + timedelta(days=cutoff_day)
    return build_dataset(folder, [write_lake_object(folder, events)], cutoff, cutoff)


def read_features(folder: Path, split: str = "score") -> pd.DataFrame:
    """Return the feature rows of a split, indexed by profile id."""
    rows = read_frame(folder, "features")
    return rows[rows["split"] == split].set_index("profile_id")


def read_frame(folder: Path, name: str) -> pd.DataFrame:
    """Return one file of a dataset."""
    rows: pd.DataFrame = ParquetFile(str(folder / f"{name}.parquet")).to_pandas()
    return rows
