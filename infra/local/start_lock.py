"""Lets one command at a time start or stop the stack."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from infra.local.errors import CommandError
from infra.local.places import LOCAL_FOLDER, START_LOCK_FILE

BUSY_CODE = 3


@contextmanager
def lock_start() -> Iterator[None]:
    """Hold the lock; raise CommandError, which names the holder, when another command holds it.

    The operating system frees the lock when its holder ends, even by `kill -9`, so that no lock is ever stale.
    """
    LOCAL_FOLDER.mkdir(parents=True, exist_ok=True)
    with START_LOCK_FILE.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip()
            raise CommandError(
                f"Another command (process {holder}) is starting or stopping this stack.",
                "Wait until it is done, then try again.",
                BUSY_CODE,
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
