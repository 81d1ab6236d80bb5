"""The emulator's environment: made once from pinned requirements, made again when they change."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from infra.local.faults import FaultError
from infra.local.places import ENVIRONMENT, LOCAL, REQUIREMENTS, ROOT

PYTHON = "3.13"  # the emulator runs the handlers with its own interpreter, so it is the template's runtime


def interpreter() -> Path:
    """The emulator's Python."""
    return ENVIRONMENT / "bin" / "python"


def is_installed() -> bool:
    """Whether the environment holds exactly today's requirements."""
    stamp = _stamp()
    return interpreter().exists() and stamp.exists() and stamp.read_text() == _wanted()


def install() -> None:
    """Make the environment anew; FaultError when the packages cannot be had."""
    LOCAL.mkdir(parents=True, exist_ok=True)
    log = LOCAL / "install.log"
    with log.open("wb") as output:
        _run(["venv", "--clear", "--python", PYTHON, str(ENVIRONMENT)], output.fileno(), log)
        wanted = ["--require-hashes", "--requirement", str(REQUIREMENTS)]
        _run(["pip", "install", "--python", str(interpreter()), *wanted], output.fileno(), log)
    _stamp().write_text(_wanted())


def _run(arguments: list[str], output: int, log: Path) -> None:
    finished = subprocess.run([_uv(), *arguments], stdout=output, stderr=output, check=False)
    if finished.returncode:
        raise FaultError(
            "The local AWS could not be installed.", f"Read {log}; is the package index reachable?"
        )


def _uv() -> str:
    found = (
        os.environ.get("UV")
        or shutil.which("uv")
        or shutil.which("uv", path=ROOT / ".tools" / "bin")
    )
    if not found:
        raise FaultError("uv was not found.", "Run this through `make`, which installs it.")
    return found


def _stamp() -> Path:
    return ENVIRONMENT / "installed.sha256"


def _wanted() -> str:
    return hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
