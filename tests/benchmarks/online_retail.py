"""Read UCI Online Retail (CC BY 4.0, doi 10.24432/C5BW33) as events, cleaned as published peers clean it."""

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd
from fastparquet import ParquetFile

from regulars.domain.events import Event, Item, OrderFact, encode_event, event_id
from tests.benchmarks.rows import MissingRequirementError

DATA_FILE = Path(__file__).parent / "data" / "online_retail.parquet"


def read_sales(file: Path = DATA_FILE) -> pd.DataFrame:
    """Return the sold lines: no guests, no cancellations, positive amounts, real products.

    Raise MissingRequirementError when the file does not exist.
    """
    if not file.exists():
        raise MissingRequirementError(f"{file} is missing; restore it from the repository")
    lines = ParquetFile(str(file)).to_pandas()
    is_sale = lines["CustomerID"].notna() & ~lines["InvoiceNo"].str.startswith("C")
    is_sale &= (lines["Quantity"] > 0) & (lines["UnitPrice"] > 0)
    is_sale &= lines["StockCode"].str.match(r"\d{5}")
    sales: pd.DataFrame = lines[is_sale].drop_duplicates()
    return sales.sort_values(["InvoiceNo", "StockCode"], kind="stable", ignore_index=True)


def build_events(lines: pd.DataFrame, copies: int = 1) -> Iterator[Event]:
    """Yield one `Order Completed` per invoice; `copies` repeats the shop with other customers, for more rows."""
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
            yield _build_order(
                f"{invoice}.{copy}", f"u:{customers[start]}.{copy}", at[start], basket
            )


def write_lake(events: Iterable[Event], folder: Path, per_object: int = 5000) -> list[Path]:
    """Write the events as objects of the lake: gzipped newline-delimited JSON."""
    paths: list[Path] = []
    batch: list[bytes] = []
    for event in events:
        batch.append(encode_event(event))
        if len(batch) == per_object:
            paths.append(_write_object(folder, len(paths), batch))
            batch = []
    return [*paths, _write_object(folder, len(paths), batch)]


def _write_object(folder: Path, number: int, batch: list[bytes]) -> Path:
    path = folder / f"{number:05d}.ndjson.gz"
    path.write_bytes(gzip.compress(b"\n".join(batch) + b"\n", 1))
    return path


def _build_order(invoice: str, customer: str, at: str, basket: tuple[Item, ...]) -> Event:
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
