"""Synchronizes the files of S3 objects with the disk before their upload is acknowledged."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ministack.services import s3

from infra.local.journal.commits import FAILURE_CODE, Commits


class ObjectFiles:
    """The files of objects, which the emulator writes itself."""

    def __init__(self, commits: Commits) -> None:
        self._commits = commits
        self._root = Path(s3.DATA_DIR)
        self._folders: set[Path] = set()
        self._atomic_write = s3._atomic_write
        self._remove_key_files = s3._remove_key_files

    def install(self) -> None:
        """Replace the functions that write and remove files, and the one that delivers events in a thread of its own."""
        s3._atomic_write = self.write_file
        s3._remove_key_files = self.remove_files
        s3._fire_s3_event_async = deliver_event

    def write_file(self, path: str, content: Any, *, text: bool = False) -> None:
        """Write a file; end the process when that fails, because the emulator would only log it and answer 200."""
        try:
            self._atomic_write(path, content, text=text)
        except OSError:
            logging.getLogger("journal").critical("An object cannot be stored.", exc_info=True)
            os._exit(FAILURE_CODE)
        folder = Path(path).parent
        self._commits.save_paths([Path(path), folder, *self._list_new_parents(folder)])

    def remove_files(self, path: str | None) -> None:
        """Remove the files of an object."""
        self._remove_key_files(path)
        if path:
            self._commits.save_paths([Path(path).parent])

    def _list_new_parents(self, folder: Path) -> Iterator[Path]:
        """Yield the folders in which a folder of this path may have been created."""
        while folder != self._root and folder not in self._folders:
            self._folders.add(folder)
            folder = folder.parent
            yield folder


def deliver_event(bucket: str, key: str, event: str, *details: Any, **options: Any) -> None:
    """Deliver the event of an object before its upload is answered, so that what it invokes is journaled by then."""
    if bucket in s3._bucket_notifications:
        sequencer = s3._next_event_sequencer(event)
        s3._fire_s3_event(bucket, key, event, *details, sequencer=sequencer, **options)
