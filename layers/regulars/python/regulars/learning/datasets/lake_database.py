"""The SQL over one lake in DuckDB: events loaded once, features at any cut-off, results as Parquet."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from regulars.learning.datasets.sql import sql

_ROWS_AT_ONCE = 10_000


class Lake:
    """An on-disk DuckDB database in `folder`, bounded in memory and independent of row order."""

    def __init__(self, folder: Path, memory_mb: int, threads: int = 2) -> None:
        config: dict[str, Any] = {
            "memory_limit": f"{memory_mb}MB",
            "threads": threads,
            "temp_directory": str(folder / "spill"),
        }
        self._database = duckdb.connect(str(folder / "lake.duckdb"), config=config)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def introduce(self, directory: Iterable[tuple[str, Sequence[str]]]) -> None:
        """Say who each subject is: pairs of profile id and its subjects."""
        self._database.execute(
            "CREATE TABLE directory (subject VARCHAR PRIMARY KEY, profile_id VARCHAR)"
        )
        rows = [(subject, profile_id) for profile_id, subjects in directory for subject in subjects]
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            subjects, profiles = zip(*rows[start : start + _ROWS_AT_ONCE], strict=True)
            self._database.execute(
                "INSERT OR IGNORE INTO directory SELECT unnest($1), unnest($2)",
                [list(subjects), list(profiles)],
            )

    def run(self, name: str, parameters: Mapping[str, Any]) -> None:
        """Run the statements of `<name>.sql`, each with those parameters it names."""
        for statement in duckdb.extract_statements(sql(name)):
            named = {key: parameters[key] for key in statement.named_parameters}
            self._database.execute(statement, named)

    def insert(self, table: str, name: str, parameters: Mapping[str, Any]) -> None:
        """Append what `<name>.sql` selects to a table, made on its first use."""
        made = self._database.execute(
            "SELECT 1 FROM duckdb_tables() WHERE table_name = $1", [table]
        ).fetchone()
        verb = f"INSERT INTO {table}" if made else f"CREATE TABLE {table} AS"
        self._database.execute(f"{verb} {sql(name)}", dict(parameters))

    def row(self, name: str) -> dict[str, Any]:
        """The one row that `<name>.sql` selects."""
        cursor = self._database.execute(sql(name))
        columns = [column[0] for column in cursor.description or []]
        return dict(zip(columns, cursor.fetchall()[0], strict=True))

    def columns(self, table: str) -> tuple[str, ...]:
        """The columns of a table, in order."""
        rows = self._database.execute(f"DESCRIBE {table}").fetchall()
        return tuple(row[0] for row in rows)

    def write(self, name: str, path: Path, parameters: Mapping[str, Any] | None = None) -> int:
        """Write what `<name>.sql` selects, in its order, as Parquet; returns the number of rows."""
        query = f"COPY ({sql(name)}) TO '{path}' (FORMAT parquet, COMPRESSION snappy)"
        written = self._database.execute(query, dict(parameters or {})).fetchone()
        return int(written[0]) if written else 0
