"""Samples a shop from UCI Online Retail: always the same few customers and products, with made-up e-mail addresses."""

import csv
import gzip
import hashlib
import io
from pathlib import Path

import pandas as pd

CUSTOMERS = 480
PRODUCTS = 400
TARGET = Path(__file__).parent / "online_retail.csv.gz"
SOURCE_FILE = Path(__file__).parents[3] / "tests" / "benchmarks" / "data" / "online_retail.parquet"
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


def choose_bucket(text: str, buckets: int) -> int:
    """Return a number below `buckets` that depends on the text alone, so that the sample never changes."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % buckets


def make_email(customer: str) -> str:
    """Return a made-up address in the domain that RFC 2606 reserves for examples."""
    first = FIRST_NAMES[choose_bucket(f"first {customer}", len(FIRST_NAMES))]
    last = LAST_NAMES[choose_bucket(f"last {customer}", len(LAST_NAMES))]
    return f"{first}.{last}.{customer}@example.com"


def select_sales(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of known customers: no guests, cancellations, postage, fees or zero prices."""
    is_sale = (
        ~lines["InvoiceNo"].astype(str).str.startswith("C")
        & (lines["Quantity"] > 0)
        & (lines["UnitPrice"] > 0)
    )
    is_product = lines["StockCode"].astype(str).str.match(r"\d{5}")
    return lines[is_sale & is_product & lines["CustomerID"].notna()]


def sample_lines(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of the products with the most buyers, and of a random sample of customers."""
    buyers = lines.groupby("StockCode")["CustomerID"].nunique()
    ranked = sorted(buyers.items(), key=lambda pair: (-pair[1], str(pair[0])))
    products = lines[lines["StockCode"].isin([code for code, _ in ranked[:PRODUCTS]])]
    customers = sorted(
        products["CustomerID"].unique(), key=lambda id_: choose_bucket(f"sample {int(id_)}", 2**63)
    )
    sample = products[products["CustomerID"].isin(customers[:CUSTOMERS])]
    return sample.sort_values(["InvoiceDate", "InvoiceNo", "StockCode"], kind="stable")


def to_row(line: pd.Series, names: dict[str, str]) -> tuple[str, ...]:
    """Return one row in the columns of the importer."""
    customer, product = str(int(line["CustomerID"])), str(line["StockCode"])
    time = line["InvoiceDate"].strftime("%Y-%m-%dT%H:%M:%SZ")
    price, name = f"{line['UnitPrice']:.2f}", names[product]
    return (
        *(customer, make_email(customer), str(line["InvoiceNo"]), time),
        *(product, name, str(line["Quantity"]), price, "GBP"),
    )


def main() -> None:
    """Read the whole data set, and write the sample beside this module."""
    sample = sample_lines(select_sales(pd.read_parquet(SOURCE_FILE)))
    first_names = sample.groupby("StockCode")["Description"].agg(lambda texts: min(texts.dropna()))
    names = {
        str(code): " ".join(str(text).split()).capitalize() for code, text in first_names.items()
    }
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(to_row(line, names) for _, line in sample.iterrows())
    TARGET.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
    print(
        f"{len(sample)} lines, {sample['InvoiceNo'].nunique()} orders, {TARGET.stat().st_size} bytes"
    )


if __name__ == "__main__":
    main()
