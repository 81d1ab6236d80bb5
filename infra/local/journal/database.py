"""Stores items, stream records, stream positions and asynchronous invocations in one SQLite file."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

FILE_NAME = "journal.sqlite"
REPAIR_FILE = "repair"  # in the folder while what is derived from the ledger may lack some of it
SCHEMA = """
CREATE TABLE IF NOT EXISTS items (
    table_id TEXT, pk TEXT, sk TEXT, item TEXT NOT NULL, PRIMARY KEY (table_id, pk, sk)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
    stream TEXT, position INTEGER, record TEXT NOT NULL, PRIMARY KEY (stream, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (consumer TEXT PRIMARY KEY, position INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS invocations (id TEXT PRIMARY KEY, function TEXT NOT NULL, event TEXT NOT NULL);
"""

type Statement = tuple[str, tuple[Any, ...]]


def put_item(table_id: str, pk: str, sk: str, item: str) -> Statement:
    """Return the statement that stores an item under its key."""
    return "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?)", (table_id, pk, sk, item)


def delete_item(table_id: str, pk: str, sk: str) -> Statement:
    """Return the statement that removes an item."""
    return "DELETE FROM items WHERE table_id = ? AND pk = ? AND sk = ?", (table_id, pk, sk)


def delete_items(table_id: str) -> Statement:
    """Return the statement that removes all items of a table."""
    return "DELETE FROM items WHERE table_id = ?", (table_id,)


def put_record(stream: str, position: int, record: str) -> Statement:
    """Return the statement that stores a record at its position in a stream."""
    return "INSERT OR REPLACE INTO records VALUES (?, ?, ?)", (stream, position, record)


def delete_records(stream: str, end: int) -> Statement:
    """Return the statement that removes the records before a position."""
    return "DELETE FROM records WHERE stream = ? AND position < ?", (stream, end)


def put_position(consumer: str, position: int) -> Statement:
    """Return the statement that stores how far a consumer has read its stream."""
    return "INSERT OR REPLACE INTO positions VALUES (?, ?)", (consumer, position)


def put_invocation(id_: str, function: str, event: str) -> Statement:
    """Return the statement that stores an asynchronous invocation until it ends."""
    return "INSERT INTO invocations VALUES (?, ?, ?)", (id_, function, event)


def delete_invocation(id_: str) -> Statement:
    """Return the statement that removes an invocation that ended."""
    return "DELETE FROM invocations WHERE id = ?", (id_,)


class Database:
    """The SQLite file. A commit is on disk, also after a power failure, when it returns."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(
            folder / FILE_NAME, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA fullfsync = ON")  # macOS: past the cache of the disk
        # What is erased from the stack must not stay in free pages, nor in the log of an earlier run.
        self._connection.execute("PRAGMA secure_delete = ON")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.executescript(SCHEMA)

    def commit(self, statements: Iterable[Statement]) -> None:
        """Execute the statements in one transaction."""
        self._connection.execute("BEGIN")
        for statement, parameters in statements:
            self._connection.execute(statement, parameters)
        self._connection.execute("COMMIT")

    def list_items(self, table_id: str) -> Iterator[tuple[str, str, str]]:
        """Yield partition key, sort key and item of a table, in the order of its keys."""
        query = "SELECT pk, sk, item FROM items WHERE table_id = ?"
        yield from self._connection.execute(query, (table_id,))

    def list_records(self, stream: str) -> list[tuple[int, str]]:
        """Return position and record of what a stream holds, oldest first."""
        query = "SELECT position, record FROM records WHERE stream = ? ORDER BY position"
        return self._connection.execute(query, (stream,)).fetchall()

    def read_positions(self) -> dict[str, int]:
        """Return the position of each consumer."""
        return dict(self._connection.execute("SELECT consumer, position FROM positions"))

    def list_invocations(self) -> list[tuple[str, str, str]]:
        """Return id, function and event of each invocation that has not ended."""
        return self._connection.execute("SELECT id, function, event FROM invocations").fetchall()


def list_pending_events(folder: Path) -> list[str]:
    """Return the events of the invocations that had not ended when the stack stopped; it must not run now."""
    if not (folder / FILE_NAME).exists():
        return []
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        return [event for (event,) in connection.execute("SELECT event FROM invocations")]
