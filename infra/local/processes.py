"""Finds and ends the processes of the local AWS, which are identified by the interpreter of this checkout."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from infra.local.installation import INTERPRETER

POLL_SECONDS = 0.1


def is_emulator(pid: int) -> bool:
    """Return whether this pid is alive and still the emulator of this checkout: pids are used again."""
    _reap_child(pid)
    return str(INTERPRETER) in _read_command(pid)


def wait_until_gone(pid: int, timeout_seconds: float) -> bool:
    """Return whether a process ended in time."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if not is_emulator(pid):
            return True
        time.sleep(POLL_SECONDS)
    return False


def end_workers(emulator_pid: int) -> None:
    """End the workers of an emulator that is gone: they would write to the one that starts next."""
    for pid in _list_group(emulator_pid):
        if is_emulator(pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _list_group(group: int) -> Iterator[int]:
    """Yield the pids of a process group, whose number is the pid of the process that started it."""
    command = ["ps", "-A", "-o", "pid=", "-o", "pgid="]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    for line in finished.stdout.splitlines():
        pid, pgid = map(int, line.split())
        if pgid == group:
            yield pid


def _reap_child(pid: int) -> None:
    """Collect an ended child of this process, which would look alive for ever."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _read_command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        if Path("/proc/self").exists():
            return ""
    command = ["ps", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
