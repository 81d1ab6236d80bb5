"""Cut the sample shop from UCI Online Retail: the same few customers and products each time, with invented e-mails."""

import csv
import gzip
import hashlib
import io
from pathlib import Path

import pandas as pd

CUSTOMERS = 480
PRODUCTS = 400
TARGET = Path(__file__).parent / "online_retail.csv.gz"
SOURCE = Path(__file__).parents[3] / "tests" / "benchmarks" / "data" / "online_retail.parquet"
COLUMNS = (
    *("customer_id", "email", "order_id", "occurred_at", "product_id", "product_name"),
    *("quantity", "unit_price", "currency"),
)
FIRST_NAMES = (
    *("anna", "ben", "carla", "david", "elena", "finn", "grace", "hugo", "ines", "jonas"),
    *("kate", "liam", "maria", "noah", "olga", "paul", "rosa", "sam", "tara", "viktor"),
)
LAST_NAMES = (
    *("adams", "berg", "costa", "dubois", "evans", "ferrari", "garcia", "hansen", "ivanova"),
    *("jensen", "keller", "lopez", "meyer", "novak", "olsen", "petit", "rossi", "silva"),
    *("turner", "weber"),
)


def spread(text: str, buckets: int) -> int:
    """A number below `buckets` that depends on the text alone, so that a sample never changes."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % buckets


def email(customer: str) -> str:
    """A made-up address in the domain that RFC 2606 reserves for examples."""
    first = FIRST_NAMES[spread(f"first {customer}", len(FIRST_NAMES))]
    last = LAST_NAMES[spread(f"last {customer}", len(LAST_NAMES))]
    return f"{first}.{last}.{customer}@example.com"


def sales(lines: pd.DataFrame) -> pd.DataFrame:
    """Lines sold to a known customer: no guests, no cancellations, no postage or fees, no zero prices."""
    sold = (
        ~lines["InvoiceNo"].astype(str).str.startswith("C")
        & (lines["Quantity"] > 0)
        & (lines["UnitPrice"] > 0)
    )
    product = lines["StockCode"].astype(str).str.match(r"\d{5}")
    return lines[sold & product & lines["CustomerID"].notna()]


def trimmed(lines: pd.DataFrame) -> pd.DataFrame:
    """The most bought products, and as many customers as are wanted whatever their loyalty."""
    buyers = lines.groupby("StockCode")["CustomerID"].nunique()
    ranked = sorted(buyers.items(), key=lambda pair: (-pair[1], str(pair[0])))
    kept = lines[lines["StockCode"].isin([code for code, _ in ranked[:PRODUCTS]])]
    customers = sorted(
        kept["CustomerID"].unique(), key=lambda one: spread(f"sample {int(one)}", 2**63)
    )
    chosen = kept[kept["CustomerID"].isin(customers[:CUSTOMERS])]
    return chosen.sort_values(["InvoiceDate", "InvoiceNo", "StockCode"], kind="stable")


def row(line: pd.Series, names: dict[str, str]) -> tuple[str, ...]:
    """One CSV row in the importer's columns."""
    customer, product = str(int(line["CustomerID"])), str(line["StockCode"])
    moment = line["InvoiceDate"].strftime("%Y-%m-%dT%H:%M:%SZ")
    price, name = f"{line['UnitPrice']:.2f}", names[product]
    return (
        *(customer, email(customer), str(line["InvoiceNo"]), moment),
        *(product, name, str(line["Quantity"]), price, "GBP"),
    )


def main() -> None:
    """Read the whole data set and write the sample beside this file."""
    kept = trimmed(sales(pd.read_parquet(SOURCE)))
    first_names = kept.groupby("StockCode")["Description"].agg(lambda texts: min(texts.dropna()))
    names = {
        str(code): " ".join(str(text).split()).capitalize() for code, text in first_names.items()
    }
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(row(line, names) for _, line in kept.iterrows())
    TARGET.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
    print(f"{len(kept)} lines, {kept['InvoiceNo'].nunique()} orders, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
