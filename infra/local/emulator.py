"""Starts and stops the local AWS: one process on 127.0.0.1, identified by its recorded pid."""

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

from infra.local.errors import CommandError
from infra.local.installation import INTERPRETER
from infra.local.places import LOCAL_FOLDER, LOG_FILE, PROCESS_FILE, SCRATCH_FOLDER

ACCOUNT = "123456789012"
REGION: Literal["eu-west-1"] = "eu-west-1"
HOST = "127.0.0.1"
PORT = 4566
READY_SECONDS = 60
SAVE_SECONDS = 30.0  # to write its data to disk when it stops


@dataclass(frozen=True)
class Emulator:
    """A running local AWS."""

    pid: int
    port: int
    folder: str  # its data is saved here when it stops gracefully

    @property
    def keys(self) -> Path:
        """The file of the first keys of the stack that is deployed to it."""
        return Path(self.folder) / "keys.json"

    @property
    def endpoint(self) -> str:
        """The value of AWS_ENDPOINT_URL."""
        return f"http://{HOST}:{self.port}"


def find_running() -> Emulator | None:
    """Return the emulator that was started last, None unless its process is alive."""
    try:
        emulator = Emulator(**json.loads(PROCESS_FILE.read_text()))
    except (FileNotFoundError, TypeError, ValueError):
        return None  # never started, or recorded by another version
    return emulator if _is_emulator(emulator.pid) else None


def start_emulator(folder: Path, port: int | None = None) -> Emulator:
    """Start the local AWS with the data of a folder and wait until it is ready; without a port it takes a free one."""
    port = _choose_port(port)
    discard_folder(SCRATCH_FOLDER)
    SCRATCH_FOLDER.mkdir(parents=True)
    folder.mkdir(parents=True, exist_ok=True)
    with LOG_FILE.open("wb") as log:
        process = subprocess.Popen(
            [INTERPRETER, "-m", "ministack"],
            env=_build_environment(port, folder),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=LOCAL_FOLDER,
            start_new_session=True,  # Ctrl-C ends the demo first, which then stops it gracefully
        )
    emulator = Emulator(process.pid, port, str(folder))
    PROCESS_FILE.write_text(json.dumps(asdict(emulator)))
    _wait_until_ready(emulator, process)
    return emulator


def stop_emulator(timeout_seconds: float = SAVE_SECONDS) -> bool:
    """Stop the recorded process once it has saved its data; return False when none ran.

    It waits for running handlers, up to their 15 minutes. After the timeout it is killed; by then its data is saved.
    """
    emulator = find_running()
    if emulator:
        os.kill(emulator.pid, signal.SIGTERM)
        if not _wait_until_gone(emulator.pid, timeout_seconds):
            os.kill(emulator.pid, signal.SIGKILL)
            _wait_until_gone(emulator.pid, timeout_seconds)
    PROCESS_FILE.unlink(missing_ok=True)
    discard_folder(SCRATCH_FOLDER)
    return emulator is not None


def discard_folder(folder: Path) -> None:
    """Delete a folder in the background: the layers that warm functions unpacked are tens of thousands of files."""
    if folder.exists():
        discarded = folder.rename(LOCAL_FOLDER / f"discarded-{time.time_ns()}")
        subprocess.Popen(
            ["rm", "-rf", str(discarded)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _build_environment(port: int, folder: Path) -> dict[str, str]:
    """Return only what the emulator needs: no AWS setting of the owner reaches a handler."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(LOCAL_FOLDER),
        "TMPDIR": str(SCRATCH_FOLDER),
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


def _choose_port(port: int | None) -> int:
    """Return the port, or the default one or any free one when none is given; raise CommandError for a taken one."""
    if _is_free(port or PORT):
        return port or PORT
    if port:
        raise CommandError(
            f"Port {port} is taken.", "Choose another: PORT=4577 make up, or leave PORT out."
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
    stop_emulator()
    raise CommandError("The local AWS did not start.", f"Read the end of {LOG_FILE}.")


def _wait_until_gone(pid: int, timeout_seconds: float) -> bool:
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if not _is_emulator(pid):
            return True
        time.sleep(0.1)
    return False


def _is_emulator(pid: int) -> bool:
    """Return whether this pid is alive and still the emulator of this checkout: pids are used again."""
    _reap_child(pid)
    return str(INTERPRETER) in _read_command(pid)


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
