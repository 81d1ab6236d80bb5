"""Installs the emulator into an environment of its own, from pinned requirements, again when they change."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from infra.local.errors import CommandError
from infra.local.places import ENVIRONMENT_FOLDER, LOCAL_FOLDER, REQUIREMENTS_FILE, ROOT_FOLDER

PYTHON = "3.13"  # the emulator runs the handlers with its own interpreter, so it is the template's runtime
INTERPRETER = ENVIRONMENT_FOLDER / "bin" / "python"
STAMP = ENVIRONMENT_FOLDER / "installed.sha256"


def is_installed() -> bool:
    """Return whether the environment holds exactly the current requirements."""
    is_present = INTERPRETER.exists() and STAMP.exists()
    return is_present and STAMP.read_text() == _hash_requirements()


def install_emulator() -> None:
    """Create the environment; raise CommandError when the packages cannot be installed."""
    LOCAL_FOLDER.mkdir(parents=True, exist_ok=True)
    log = LOCAL_FOLDER / "install.log"
    with log.open("wb") as output:
        _run_uv(
            ["venv", "--clear", "--python", PYTHON, str(ENVIRONMENT_FOLDER)], output.fileno(), log
        )
        pins = ["--require-hashes", "--requirement", str(REQUIREMENTS_FILE)]
        _run_uv(["pip", "install", "--python", str(INTERPRETER), *pins], output.fileno(), log)
    STAMP.write_text(_hash_requirements())


def _run_uv(arguments: list[str], output: int, log: Path) -> None:
    command = [_find_uv(), *arguments]
    finished = subprocess.run(command, stdout=output, stderr=output, check=False)
    if finished.returncode:
        raise CommandError(
            "The local AWS could not be installed.", f"Read {log}; is the package index reachable?"
        )


def _find_uv() -> str:
    uv = (
        os.environ.get("UV")
        or shutil.which("uv")
        or shutil.which("uv", path=ROOT_FOLDER / ".tools" / "bin")
    )
    if not uv:
        raise CommandError(
            "uv was not found.", "Run the command through `make`, which installs it."
        )
    return uv


def _hash_requirements() -> str:
    return hashlib.sha256(REQUIREMENTS_FILE.read_bytes()).hexdigest()
