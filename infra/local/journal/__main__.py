"""Start the emulator with the journal: `python -m infra.local.journal <data folder> <process file>`."""

import fcntl
import json
import os
import sys
from pathlib import Path
from typing import IO

IN_USE_CODE = 75  # EX_TEMPFAIL


def main(folder: Path, process_file: Path) -> None:
    """Serve until the process is stopped, one process for each process file."""
    os.environ.pop("PYTHONPATH", None)  # a handler must not find this project
    with process_file.open("a+") as file:
        _lock_file(file)
        # Written here and not by the command that waits, which may be killed before it knows the number.
        _write_record(file, folder)
        from infra.local.journal.process import serve  # noqa: PLC0415  (it reads the folder)

        serve(folder)


def _lock_file(file: IO[str]) -> None:
    """Lock a file, or end the process when another one holds it. The lock is free as soon as its holder is dead."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.stderr.write(f"Another process holds {file.name}.\n")
        sys.exit(IN_USE_CODE)


def _write_record(file: IO[str], folder: Path) -> None:
    record = {"pid": os.getpid(), "port": int(os.environ["GATEWAY_PORT"]), "folder": str(folder)}
    file.truncate(0)
    file.write(json.dumps(record))
    file.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
