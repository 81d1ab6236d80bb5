"""Writes changes to disk in batches, and lets a response wait until every change before it is there."""

import asyncio
import logging
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.journal.database import Database, Statement

FAILURE_CODE = 74  # EX_IOERR


@dataclass
class Batch:
    """Changes that are written together: whole files first, then synchronized paths, then one transaction."""

    files: dict[Path, str] = field(default_factory=dict)
    paths: dict[Path, None] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    waiters: list[asyncio.Future[None]] = field(default_factory=list)


class Commits:
    """Collects changes while the batch before is written. A failed write ends the process: it cannot keep its promise."""

    def __init__(self, database: Database) -> None:
        # Whoever holds it keeps its changes together in one batch.
        self.lock = threading.RLock()
        self._database = database
        self._batch = Batch()
        self._is_idle = True
        self._wake = threading.Event()
        threading.Thread(target=self._write_batches, daemon=True, name="journal").start()

    def add_statement(self, statement: Statement) -> None:
        """Add a statement to the batch."""
        with self.lock:
            self._batch.statements.append(statement)
            self._start_batch()

    def write_file(self, path: Path, text: str) -> None:
        """Add a file to the batch; of several versions the last one is written."""
        with self.lock:
            self._batch.files[path] = text
            self._start_batch()

    def save_paths(self, paths: Iterable[Path]) -> None:
        """Add files and folders that were changed already and must reach the disk with the batch."""
        with self.lock:
            self._batch.paths.update(dict.fromkeys(paths))
            self._start_batch()

    async def wait(self) -> None:
        """Wait until every change so far is on disk."""
        with self.lock:
            if self._is_idle:
                return
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._batch.waiters.append(waiter)
            self._wake.set()
        await waiter

    def _start_batch(self) -> None:
        self._is_idle = False
        self._wake.set()

    def _write_batches(self) -> None:
        while True:
            self._wake.wait()
            with self.lock:
                self._wake.clear()
                batch, self._batch = self._batch, Batch()
            try:
                self._write_batch(batch)
            except BaseException:
                logging.getLogger("journal").critical("The data cannot be saved.", exc_info=True)
                os._exit(FAILURE_CODE)
            with self.lock:
                self._is_idle = not self._wake.is_set()
            for waiter in batch.waiters:
                waiter.get_loop().call_soon_threadsafe(_resolve_waiter, waiter)

    def _write_batch(self, batch: Batch) -> None:
        for path, text in batch.files.items():
            write_durably(path, text)
        for path in batch.paths:
            save_path(path)
        if batch.statements:
            self._database.commit(batch.statements)


def write_durably(path: Path, content: str | bytes) -> None:
    """Replace a file: after a crash at any moment it is the old one or the new one, and whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.unfinished")
    with unfinished.open("wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    save_path(path.parent)


def save_path(path: Path) -> None:
    """Write what the operating system holds of a file or a folder to the disk; a path may be gone by now."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _resolve_waiter(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():  # the client may be gone
        waiter.set_result(None)
