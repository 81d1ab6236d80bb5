"""Starts and stops the local AWS: one process on 127.0.0.1 that records its own pid."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import urllib3

from infra.local.errors import CommandError
from infra.local.installation import INTERPRETER
from infra.local.places import LOCAL_FOLDER, LOG_FILE, PROCESS_FILE, ROOT_FOLDER, SCRATCH_FOLDER
from infra.local.ports import HOST, choose_port
from infra.local.processes import POLL_SECONDS, end_workers, is_emulator, wait_until_gone

ACCOUNT = "123456789012"
REGION: Literal["eu-west-1"] = "eu-west-1"
READY_SECONDS = 60
SAVE_SECONDS = 30.0  # to write its services to disk
SAVE_PATH = "/_regulars/save"  # of the journal


@dataclass(frozen=True)
class Emulator:
    """A running local AWS."""

    pid: int
    port: int
    folder: str  # its data

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
    emulator = _read_record()
    return emulator if emulator and is_emulator(emulator.pid) else None


def start_emulator(folder: Path, port: int | None = None) -> Emulator:
    """Start the local AWS with the data of a folder and wait until it is ready; without a port it takes the last one."""
    port = choose_port(port)
    _clean_up()
    SCRATCH_FOLDER.mkdir(parents=True)
    folder.mkdir(parents=True, exist_ok=True)
    with LOG_FILE.open("wb") as log:
        process = subprocess.Popen(
            [INTERPRETER, "-m", "infra.local.journal", str(folder), str(PROCESS_FILE)],
            env=build_environment(port, folder),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=LOCAL_FOLDER,
            start_new_session=True,  # Ctrl-C ends the demo first, which then stops it gracefully
        )
    emulator = Emulator(process.pid, port, str(folder))
    # Its command line is not there yet in the first moment, so that `is_emulator` could deny it.
    await_emulator(emulator, lambda: process.poll() is None)
    return emulator


def await_emulator(emulator: Emulator, is_alive: Callable[[], bool]) -> None:
    """Wait until an emulator is ready; stop it and raise CommandError when it is not in time."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and is_alive():
        try:
            urllib3.request(
                "GET", f"{emulator.endpoint}/_ministack/ready", timeout=2, retries=False
            )
        except urllib3.exceptions.HTTPError:
            time.sleep(POLL_SECONDS)
        else:
            return
    stop_emulator()
    raise CommandError("The local AWS did not start.", f"Read the end of {LOG_FILE}.")


def await_running(emulator: Emulator) -> None:
    """Wait until an emulator is ready whose start another command began."""
    await_emulator(emulator, lambda: is_emulator(emulator.pid))


def save_services(emulator: Emulator) -> None:
    """Save all services, such as those that a deployment changed."""
    urllib3.request("POST", f"{emulator.endpoint}{SAVE_PATH}", timeout=SAVE_SECONDS, retries=False)


def stop_emulator(timeout_seconds: float = SAVE_SECONDS) -> bool:
    """Stop the recorded process once it has saved its data; return False when none ran.

    It waits for running handlers, up to their 15 minutes. After the timeout it is killed, which loses nothing.
    """
    emulator = find_running()
    if emulator:
        os.kill(emulator.pid, signal.SIGTERM)
        if not wait_until_gone(emulator.pid, timeout_seconds):
            os.kill(emulator.pid, signal.SIGKILL)
            wait_until_gone(emulator.pid, timeout_seconds)
    _clean_up()
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


def _read_record() -> Emulator | None:
    try:
        return Emulator(**json.loads(PROCESS_FILE.read_text()))
    except (FileNotFoundError, TypeError, ValueError):
        return None  # never started, or recorded by another version


def _clean_up() -> None:
    """Remove what an emulator that is gone left behind: its workers and its temporary files."""
    if emulator := _read_record():
        end_workers(emulator.pid)
    discard_folder(SCRATCH_FOLDER)


def build_environment(port: int, folder: Path) -> dict[str, str]:
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
        "PYTHONPATH": str(ROOT_FOLDER),  # for the journal, which removes it before a handler starts
    }
