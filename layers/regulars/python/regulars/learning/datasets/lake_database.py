"""Run the features' SQL over a lake in DuckDB: load events once, compute features at any cut-off, write Parquet."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from regulars.learning.datasets.sql import read_sql

_BATCH_ROWS = 10_000


class LakeDatabase:
    """An on-disk DuckDB database in `folder` with bounded memory."""

    def __init__(self, folder: Path, memory_mb: int, threads: int = 2) -> None:
        config: dict[str, Any] = {
            "memory_limit": f"{memory_mb}MB",
            "threads": threads,
            "temp_directory": str(folder / "spill"),
        }
        self._connection = duckdb.connect(str(folder / "lake.duckdb"), config=config)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def load_rows(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Append rows, each with a value for every column of the table, to a table."""
        for batch in batched(rows, _BATCH_ROWS, strict=False):
            columns = [list(column) for column in zip(*batch, strict=True)]
            values = ", ".join(f"unnest(${number})" for number in range(1, len(columns) + 1))
            self._connection.execute(f"INSERT INTO {table} SELECT {values}", columns)

    def run_statements(self, name: str, parameters: Mapping[str, Any]) -> None:
        """Run the statements of `<name>.sql`, each with the parameters that it names."""
        for statement in duckdb.extract_statements(read_sql(name)):
            values = {key: parameters[key] for key in statement.named_parameters}
            self._connection.execute(statement, values)

    def append_rows(self, table: str, name: str, parameters: Mapping[str, Any]) -> None:
        """Append the rows that `<name>.sql` selects to a table; create the table on its first use."""
        table_row = self._connection.execute(
            "SELECT 1 FROM duckdb_tables() WHERE table_name = $1", [table]
        ).fetchone()
        verb = f"INSERT INTO {table}" if table_row else f"CREATE TABLE {table} AS"
        self._connection.execute(f"{verb} {read_sql(name)}", dict(parameters))

    def fetch_rows(
        self, name: str, parameters: Mapping[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Return the rows that `<name>.sql` selects, each by column."""
        cursor = self._connection.execute(read_sql(name), dict(parameters or {}))
        columns = [column[0] for column in cursor.description or []]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    def list_columns(self, table: str) -> tuple[str, ...]:
        """Return the columns of a table, in order."""
        rows = self._connection.execute(f"DESCRIBE {table}").fetchall()
        return tuple(row[0] for row in rows)

    def write_parquet(
        self, name: str, path: Path, parameters: Mapping[str, Any] | None = None
    ) -> int:
        """Write the rows that `<name>.sql` selects, in its order, as Parquet; return their number."""
        query = f"COPY ({read_sql(name)}) TO '{path}' (FORMAT parquet, COMPRESSION snappy)"
        count_row = self._connection.execute(query, dict(parameters or {})).fetchone()
        return int(count_row[0]) if count_row else 0
