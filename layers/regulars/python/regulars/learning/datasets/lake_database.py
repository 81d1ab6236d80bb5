"""Run the features' SQL over a lake in DuckDB: load events once, compute features at any cut-off, write Parquet."""

from collections.abc import Iterable, Mapping, Sequence
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

    def load_directory(self, directory: Iterable[tuple[str, Sequence[str]]]) -> None:
        """Load which profile each subject belongs to, from pairs of a profile id and its subjects."""
        self._connection.execute(
            "CREATE TABLE directory (subject VARCHAR PRIMARY KEY, profile_id VARCHAR)"
        )
        rows = [(subject, profile_id) for profile_id, subjects in directory for subject in subjects]
        for start in range(0, len(rows), _BATCH_ROWS):
            batch_subjects, batch_profiles = zip(*rows[start : start + _BATCH_ROWS], strict=True)
            self._connection.execute(
                "INSERT OR IGNORE INTO directory SELECT unnest($1), unnest($2)",
                [list(batch_subjects), list(batch_profiles)],
            )

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

    def fetch_row(self, name: str) -> dict[str, Any]:
        """Return the one row that `<name>.sql` selects, by column."""
        cursor = self._connection.execute(read_sql(name))
        columns = [column[0] for column in cursor.description or []]
        return dict(zip(columns, cursor.fetchall()[0], strict=True))

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
