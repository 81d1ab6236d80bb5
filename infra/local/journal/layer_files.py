"""Stores the content of each Lambda layer in a file of its own, so that no start and no stop has to encode it."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ministack.services import lambda_svc

from infra.local.journal.commits import write_durably

CONTENT_FIELD = "_zip_data"


class LayerFiles:
    """The contents of layers in a folder, named by their SHA-256."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._get_state = lambda_svc.get_state
        self._restore_state = lambda_svc._restore_state

    def install(self) -> None:
        """Replace the functions with which the emulator saves and loads its functions and layers."""
        lambda_svc.get_state = self.build_state
        lambda_svc._restore_state = self.restore_state

    def build_state(self) -> dict[str, Any]:
        """Return the state of the service without the contents of its layers, which are written."""
        state: dict[str, Any] = self._get_state()
        for version in _list_versions(state):
            content = version.pop(CONTENT_FIELD, None)
            path = self._find_file(version)
            if content and not path.exists():
                write_durably(path, content)
        return state

    def restore_state(self, state: dict[str, Any]) -> None:
        """Restore the service; versions before these files stored the contents in the state."""
        for version in _list_versions(state):
            path = self._find_file(version)
            if CONTENT_FIELD not in version and path.exists():
                version[CONTENT_FIELD] = path.read_bytes()
        self._restore_state(state)

    def _find_file(self, version: dict[str, Any]) -> Path:
        digest = base64.b64decode(version["Content"]["CodeSha256"]).hex()
        return self._folder / f"{digest}.zip"


def _list_versions(state: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the versions of all layers that are not deleted."""
    for _, layer in state["layers"].all_items():
        yield from (version for version in layer["versions"] if "Content" in version)
