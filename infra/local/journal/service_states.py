"""Saves the state of each small service as one file, before the response to the call that changed it."""

import asyncio
import json
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core import persistence, router

from infra.local.journal.commits import Commits, write_durably

READ_PREFIXES = ("Get", "List", "Describe", "Head", "BatchGet", "TransactGet", "Query", "Scan")
# They change nothing that a file holds: items are in the journal, and a received message is not removed.
UNSAVED_ACTIONS = frozenset(
    {
        *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"),
        *("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"),
        *("ReceiveMessage", "ChangeMessageVisibility", "ChangeMessageVisibilityBatch"),
    }
)
# Logs and metrics are saved when the stack stops, and a deployment when it is complete.
UNSAVED_SERVICE_NAMES = frozenset({"cloudformation", "logs", "monitoring", "sts"})
# The emulator changes these by itself: it fires schedules and stores dead letters.
WATCHED_STATES = ("scheduler", "sqs")


class ServiceStates:
    """The files of the services."""

    def __init__(self, folder: Path, commits: Commits) -> None:
        self._folder = folder
        self._commits = commits
        self._digests: dict[str, int] = {}

    def install(self) -> None:
        """Replace the functions with which the emulator saves and loads its services."""
        persistence.save_state = self.save_now
        app._load_persisted_state = load_states

    def save_now(self, name: str, state: Any) -> None:
        """Write the file of a service at once, as the emulator does when it stops."""
        write_durably(self._folder / f"{name}.json", encode_state(name, state))

    def save_state(self, name: str) -> None:
        """Write the file of a service with the next batch, if its state changed."""
        state = app._build_persistence_save_dict().get(name)
        if state is None:
            return
        text = encode_state(name, state())
        if self._digests.get(name) != (digest := hash(text)):
            self._digests[name] = digest
            self._commits.write_file(self._folder / f"{name}.json", text)

    def save_states(self) -> None:
        """Write the files of all services."""
        for name in app._build_persistence_save_dict():
            self.save_state(name)

    def save_changes(self, scope: dict[str, Any]) -> None:
        """Write the files of the services that a request may have changed."""
        for name in list_changed_states(scope):
            self.save_state(name)

    async def watch(self, seconds: float) -> None:
        """Wait, then write what the emulator changed by itself; call it again and again."""
        await asyncio.sleep(seconds)
        for name in WATCHED_STATES:
            self.save_state(name)


def load_states() -> None:
    """Load all services; raise an error for a file that cannot be read, where the emulator would start empty.

    The functions are last: their streams need the tables, and they start as soon as they are loaded.
    """
    for name in sorted(app._state_map, key=lambda name: name == "lambda"):
        path = Path(persistence.STATE_DIR) / f"{name}.json"
        if not path.exists():
            continue
        state = persistence.load_state(name)
        if state is None:
            raise RuntimeError(f"{path} cannot be read.")
        app._get_module(app._state_map[name]).load_persisted_state(state)


def encode_state(name: str, state: Any) -> str:
    """Return the text of a service's file in the emulator's own format."""
    version = persistence._state_format_version(name)
    document = {"__ministack_format__": version, "payload": state}
    return json.dumps(document, default=persistence._json_default)


def list_changed_states(scope: dict[str, Any]) -> list[str]:
    """Return the names of the states that an HTTP request may have changed."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    method, path = scope["method"], scope["path"]
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    is_read = action.startswith(READ_PREFIXES) if action else method in {"GET", "HEAD", "OPTIONS"}
    if is_read or action in UNSAVED_ACTIONS or path.startswith("/_"):
        return []
    service = router.detect_service(method, path, headers, {})
    if service in UNSAVED_SERVICE_NAMES or _is_object_call(service, path):
        return []
    config = app.SERVICE_REGISTRY.get(service)
    if not config:
        return []
    return [config.get("state_key", config["module"]), *config.get("sub_modules", ())]


def _is_object_call(service: str, path: str) -> bool:
    """Return whether a call stores an object, which has files of its own, or runs a function."""
    if service == "s3":
        return "/" in path.strip("/")
    return service == "lambda" and "/invo" in path
