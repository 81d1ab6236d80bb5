"""The features as SQL: one definition for every cut-off, in training and in scoring; times are epoch seconds."""

from pathlib import Path


def read_sql(name: str) -> str:
    """Return the text of `<name>.sql`; it names `$parameters` as DuckDB and Spark SQL do."""
    return Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")
