"""Events of made-up customers as the lake keeps them, and the dataset that is built from them."""

import gzip
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
from fastparquet import ParquetFile

from regulars.domain.events import Event, Item, OrderFact, encode_event, event_id
from regulars.domain.manifests import DatasetManifest
from regulars.domain.times import to_text
from regulars.learning.datasets.build import build

DAY0 = datetime(2025, 1, 1, tzinfo=UTC)


def day(number: float) -> str:
    """The RFC 3339 text of a day since the first one."""
    return to_text(DAY0 + timedelta(days=number))


def order(
    customer: str, at: float, total: int = 1000, *, key: str = "", **changes: object
) -> Event:
    """One completed order of one product; `changes` are fields of the event."""
    key = key or f"shop/{customer}-{at}"
    fact = OrderFact(key=key, version=day(at), placed_at=day(at), total=total, currency="EUR")
    fields = {
        "id": event_id(key, str(at), str(total)),
        "type": "Order Completed",
        "channel": "web",
        "source": "segment/web",
        "occurred_at": day(at),
        "received_at": day(at),
        "subjects": (f"u:{customer}",),
        "items": (Item(product_id="cup", name="Cup", category="Kitchen", price=total),),
        "currency": "EUR",
        "order": fact,
    }
    return Event(**{**fields, **changes})  # type: ignore[arg-type]


def page(customer: str, at: float, type_: str = "Page Viewed") -> Event:
    """Something done that is no order."""
    seen = order(customer, at, key=f"{type_}/{customer}/{at}", type=type_)
    return Event(
        **{
            **{name: getattr(seen, name) for name in seen.__struct_fields__},
            "order": None,
            "items": (),
        }
    )


def write(folder: Path, events: Iterable[Event], name: str = "events") -> Path:
    """One object of the lake."""
    path = folder / f"{name}.ndjson.gz"
    path.write_bytes(gzip.compress(b"\n".join(encode_event(event) for event in events) + b"\n"))
    return path


def built(folder: Path, events: Sequence[Event], cutoff: float) -> DatasetManifest:
    """The dataset of these events in a new folder; each subject is one profile."""
    folder.mkdir(parents=True)
    people = sorted({event.subject for event in events})
    directory = [(f"p_{subject[2:]}", [subject]) for subject in people]
    moment = DAY0 + timedelta(days=cutoff)
    return build(folder, [write(folder, events)], directory, moment, moment)


def features(folder: Path, split: str = "score") -> pd.DataFrame:
    """The feature rows of a split, by profile."""
    rows: pd.DataFrame = ParquetFile(str(folder / "features.parquet")).to_pandas()
    return rows[rows["split"] == split].set_index("profile_id")


def frame(folder: Path, name: str) -> pd.DataFrame:
    """One of the dataset's files."""
    rows: pd.DataFrame = ParquetFile(str(folder / f"{name}.parquet")).to_pandas()
    return rows
