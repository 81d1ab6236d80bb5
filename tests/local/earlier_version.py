"""Writes the data of a stack as versions before the journal saved it, with all items in one file."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any


def write_earlier_version(folder: Path, *, without: str) -> None:
    """Move the items of a stopped stack from the journal to the file of the tables, without those of one table."""
    file = folder / "services" / "dynamodb.json"
    document = json.loads(file.read_text())
    tables = document["payload"]["tables"]["data"].values()
    journal = folder / "journal.sqlite"
    with closing(sqlite3.connect(journal)) as connection:
        for table in tables:
            is_lost = without in table["TableName"]
            table["items"] = {} if is_lost else _read_items(connection, table["TableId"])
    file.write_text(json.dumps(document))
    for path in folder.glob("journal.sqlite*"):
        path.unlink()


def _read_items(connection: sqlite3.Connection, table_id: str) -> dict[str, dict[str, Any]]:
    items: dict[str, dict[str, Any]] = {}
    query = "SELECT pk, sk, item FROM items WHERE table_id = ?"
    for pk, sk, item in connection.execute(query, (table_id,)):
        items.setdefault(pk, {})[sk] = json.loads(item)
    return items
