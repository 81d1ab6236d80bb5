"""The local AWS as one process of ours: started on 127.0.0.1, known by its recorded pid, ended by it and nothing else."""

import json
import os
import signal
import socket
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import urllib3

from infra.local.faults import FaultError
from infra.local.installation import interpreter
from infra.local.places import LOCAL, LOG, PROCESS, SCRATCH

ACCOUNT = "123456789012"
REGION: Literal["eu-west-1"] = "eu-west-1"
HOST = "127.0.0.1"
PORT = 4566
READY_SECONDS = 60
SAVING_SECONDS = 30.0  # what it holds is written to disk on the way out


@dataclass(frozen=True)
class Emulator:
    """A running local AWS."""

    pid: int
    port: int
    folder: str  # what it holds is saved here when it ends gracefully

    @property
    def keys(self) -> Path:
        """The first keys of what is deployed to it."""
        return Path(self.folder) / "keys.json"

    @property
    def endpoint(self) -> str:
        """What AWS_ENDPOINT_URL is set to."""
        return f"http://{HOST}:{self.port}"


def running() -> Emulator | None:
    """The emulator that was started last, if that very process is alive."""
    try:
        emulator = Emulator(**json.loads(PROCESS.read_text()))
    except (FileNotFoundError, TypeError, ValueError):
        return None  # never started, or recorded by another version of this
    return emulator if _is_ours(emulator.pid) else None


def start(folder: Path, wanted: int | None = None) -> Emulator:
    """Start it on what `folder` holds and wait until it is ready; without a wanted port any free one will do."""
    port = _free_port(wanted)
    discard(SCRATCH)
    SCRATCH.mkdir(parents=True)
    folder.mkdir(parents=True, exist_ok=True)
    with LOG.open("wb") as log:
        process = subprocess.Popen(
            [interpreter(), "-m", "ministack"],
            env=_environment(port, folder),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=LOCAL,
            start_new_session=True,  # Ctrl-C ends the demo first, which then ends this gracefully
        )
    emulator = Emulator(process.pid, port, str(folder))
    PROCESS.write_text(json.dumps(asdict(emulator)))
    _wait_until_ready(emulator, process)
    return emulator


def stop(patience: float = SAVING_SECONDS) -> bool:
    """End the recorded process once it has saved what it holds; False when none ran.

    It waits for running handlers, up to their 15 minutes; after `patience` seconds it is killed, its state saved long since.
    """
    emulator = running()
    if emulator:
        os.kill(emulator.pid, signal.SIGTERM)
        if not _wait_until_gone(emulator.pid, patience):
            os.kill(emulator.pid, signal.SIGKILL)
            _wait_until_gone(emulator.pid, patience)
    PROCESS.unlink(missing_ok=True)
    discard(SCRATCH)
    return emulator is not None


def discard(folder: Path) -> None:
    """Delete a folder behind our back: each warm function has unpacked its layers, tens of thousands of files."""
    if folder.exists():
        gone = folder.rename(LOCAL / f"discarded-{time.time_ns()}")
        subprocess.Popen(
            ["rm", "-rf", str(gone)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _environment(port: int, folder: Path) -> dict[str, str]:
    """Only what it needs: nothing of the owner's own AWS settings reaches a handler."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(LOCAL),
        "TMPDIR": str(SCRATCH),
        "AUTH": "true",  # each function runs under its own role
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "services"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "s3"),
        "PYTHONUNBUFFERED": "1",
    }


def _free_port(wanted: int | None) -> int:
    if _is_free(wanted or PORT):
        return wanted or PORT
    if wanted:
        raise FaultError(
            f"Port {wanted} is taken.", "Choose another: PORT=4577 make up, or leave PORT out."
        )
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _wait_until_ready(emulator: Emulator, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib3.request(
                "GET", f"{emulator.endpoint}/_ministack/ready", timeout=2, retries=False
            )
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
        else:
            return
    stop()
    raise FaultError("The local AWS did not start.", f"Read the end of {LOG}.")


def _wait_until_gone(pid: int, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if not _is_ours(pid):
            return True
        time.sleep(0.1)
    return False


def _is_ours(pid: int) -> bool:
    """Whether this pid is alive and still the emulator of this checkout: pids are used again."""
    _reap(pid)
    return str(interpreter()) in _command(pid)


def _reap(pid: int) -> None:
    """Collect it when it is our own child, else it would look alive for ever."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        if Path("/proc/self").exists():
            return ""
    listed = ["ps", "-o", "command=", "-p", str(pid)]
    return subprocess.run(listed, capture_output=True, text=True, check=False).stdout
