"""The features as SQL: one definition for every cut-off, in training and in scoring; times are epoch seconds."""

from pathlib import Path


def sql(name: str) -> str:
    """The text of `<name>.sql`; `$parameters` are named as DuckDB and Spark SQL name theirs."""
    return Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")
