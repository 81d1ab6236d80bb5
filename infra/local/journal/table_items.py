"""Journals each item that DynamoDB stores or removes, so that saving a table never means writing all its items."""

import copy
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ministack.core import persistence
from ministack.core.responses import AccountRegionScopedDict
from ministack.services import dynamodb

from infra.local.journal.commits import Commits
from infra.local.journal.database import (
    REPAIR_FILE,
    Database,
    Statement,
    delete_item,
    delete_items,
    put_item,
)

type Item = dict[str, Any]
type Table = dict[str, Any]

# The state of the service beside its tables: `tags` is `dynamodb._tags`.
OTHER_STATES = (
    "tags",
    "ttl_settings",
    "pitr_settings",
    "kinesis_destinations",
    "contributor_insights",
    "backups",
    "resource_policies",
    "exports",
    "imports",
)
# Parts of a table that its own file does not hold.
JOURNALED_PARTS = ("items", "_index_members")


class ItemJournal:
    """The items of all tables in the journal."""

    def __init__(self, folder: Path, database: Database, commits: Commits) -> None:
        self._folder = folder
        self._database = database
        self._commits = commits
        self._set_item = dynamodb._set_item
        self._remove_item = dynamodb._remove_item
        self._items_replaced = dynamodb._items_replaced
        self._restore_state = dynamodb._restore_state
        self._handle_request = dynamodb.handle_request

    def install(self) -> None:
        """Replace the functions through which the emulator changes, saves and loads items."""
        dynamodb._set_item = self.set_item
        dynamodb._remove_item = self.remove_item
        dynamodb._items_replaced = self.replace_items
        dynamodb._restore_state = self.restore_state
        dynamodb.handle_request = self.handle_request
        dynamodb.get_state = build_state

    async def handle_request(self, *arguments: Any) -> Any:
        """Keep all changes of a request together, a transaction and its stream records too.

        The original does not suspend, so that the lock is never held across other work of the event loop.
        """
        with self._commits.lock:
            return await self._handle_request(*arguments)

    def set_item(self, table: Table, pk: str, sk: str, item: Item) -> Item | None:
        """Store an item."""
        old_item: Item | None = self._set_item(table, pk, sk, item)
        self._commits.add_statement(put_item(table["TableId"], pk, sk, json.dumps(item)))
        return old_item

    def remove_item(self, table: Table, pk: str, sk: str) -> Item | None:
        """Remove an item."""
        old_item: Item | None = self._remove_item(table, pk, sk)
        self._commits.add_statement(delete_item(table["TableId"], pk, sk))
        return old_item

    def replace_items(self, table: Table) -> None:
        """Journal all items of a table that were replaced at once, as when a transaction is undone."""
        self._items_replaced(table)
        with self._commits.lock:
            self._commits.add_statement(delete_items(table["TableId"]))
            for statement in _list_statements(table):
                self._commits.add_statement(statement)

    def restore_state(self, state: dict[str, Any]) -> None:
        """Restore the tables from their file and their items from the journal."""
        self._restore_state(state)
        tables = dynamodb._tables.all_values()
        if statements := [statement for table in tables for statement in _list_statements(table)]:
            self._migrate_items(statements)
        for table in tables:
            items: defaultdict[str, dict[str, Item]] = defaultdict(dict)
            for pk, sk, item in self._database.list_items(table["TableId"]):
                items[pk][sk] = json.loads(item)
            table["items"] = items
            self._items_replaced(table)

    def _migrate_items(self, statements: list[Statement]) -> None:
        """Journal the items of the file, which an earlier version saved; what is derived from them may lack some."""
        (self._folder / REPAIR_FILE).touch()
        self._database.commit(statements)
        persistence.save_state("dynamodb", build_state())


def _list_statements(table: Table) -> Iterator[Statement]:
    for pk, items in table.get("items", {}).items():
        for sk, item in items.items():
            yield put_item(table["TableId"], pk, sk, json.dumps(item))


def build_state() -> dict[str, Any]:
    """Return the state of the service without the items of its tables."""
    tables = AccountRegionScopedDict()
    for key, table in dynamodb._tables.all_items():
        kept = {name: part for name, part in table.items() if name not in JOURNALED_PARTS}
        tables.set_scoped(*key, copy.deepcopy(kept))
    others = {name: copy.deepcopy(getattr(dynamodb, f"_{name}")) for name in OTHER_STATES}
    return {"tables": tables, **others}
