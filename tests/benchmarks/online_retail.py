"""UCI Online Retail (CC BY 4.0, doi 10.24432/C5BW33) as events: one completed order an event, cleaned like our peers."""

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd
from fastparquet import ParquetFile

from regulars.domain.events import Event, Item, OrderFact, encode_event, event_id

FILE = Path(__file__).parents[3] / "shared/data/online_retail.parquet"


def cleaned(file: Path = FILE) -> pd.DataFrame:
    """The lines that count: no guests, no cancellations, positive amounts, real products."""
    lines = ParquetFile(str(file)).to_pandas()
    kept = lines["CustomerID"].notna() & ~lines["InvoiceNo"].str.startswith("C")
    kept &= (lines["Quantity"] > 0) & (lines["UnitPrice"] > 0)
    kept &= lines["StockCode"].str.match(r"\d{5}")
    products: pd.DataFrame = lines[kept].drop_duplicates()
    return products.sort_values(["InvoiceNo", "StockCode"], kind="stable", ignore_index=True)


def events(lines: pd.DataFrame, copies: int = 1) -> Iterator[Event]:
    """One `Order Completed` an invoice; `copies` repeats the shop with other customers, for more rows."""
    at = lines["InvoiceDate"].dt.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    items = [
        Item(product_id=code, name=name or "", quantity=quantity, price=price)
        for code, name, quantity, price in zip(
            lines["StockCode"],
            lines["Description"],
            lines["Quantity"].tolist(),
            (lines["UnitPrice"] * 100).round().astype(int).tolist(),
            strict=True,
        )
    ]
    starts = lines.index[lines["InvoiceNo"].ne(lines["InvoiceNo"].shift())].tolist()
    customers = lines["CustomerID"].astype(int).astype(str)
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        basket, invoice = tuple(items[start:end]), lines["InvoiceNo"][start]
        for copy in range(copies):
            yield _order(f"{invoice}.{copy}", f"u:{customers[start]}.{copy}", at[start], basket)


def subjects(lines: pd.DataFrame, copies: int = 1) -> list[tuple[str, list[str]]]:
    """The directory of the events above: each customer is one profile."""
    customers = lines["CustomerID"].astype(int).astype(str).unique()
    return [
        (f"p_{name}.{copy}", [f"u:{name}.{copy}"]) for name in customers for copy in range(copies)
    ]


def write_lake(events_: Iterable[Event], folder: Path, per_object: int = 5000) -> list[Path]:
    """The events as the lake's objects: gzipped newline-delimited JSON."""
    paths: list[Path] = []
    batch: list[bytes] = []
    for event in events_:
        batch.append(encode_event(event))
        if len(batch) == per_object:
            paths.append(_write(folder, len(paths), batch))
            batch = []
    return [*paths, _write(folder, len(paths), batch)]


def _write(folder: Path, number: int, batch: list[bytes]) -> Path:
    path = folder / f"{number:05d}.ndjson.gz"
    path.write_bytes(gzip.compress(b"\n".join(batch) + b"\n", 1))
    return path


def _order(invoice: str, customer: str, at: str, basket: tuple[Item, ...]) -> Event:
    total = sum(item.quantity * (item.price or 0) for item in basket)
    return Event(
        id=event_id("order", "shop", invoice),
        type="Order Completed",
        channel="import",
        source="import/online_retail",
        occurred_at=at,
        received_at=at,
        subjects=(customer,),
        items=basket,
        currency="GBP",
        order=OrderFact(
            key=f"shop/{invoice}", version=at, placed_at=at, total=total, currency="GBP"
        ),
        backfill=True,
    )
