"""Installs the SDKs from their registries into build/sdks, pinned and hashed, and finds the browser."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from infra.deploy import NODE, NPM
from infra.local.places import BUILD_FOLDER

REQUIREMENTS_FOLDER = Path(__file__).parent / "packages"
SDKS_FOLDER = BUILD_FOLDER / "sdks"
BROWSER_COMMANDS = ("chromium", "chromium-browser", "google-chrome")
NODE_MODULES_FOLDER = SDKS_FOLDER / "node" / "node_modules"


def install_sdks() -> None:
    """Install the missing SDKs. Raise CalledProcessError if a registry does not provide one."""
    SDKS_FOLDER.mkdir(parents=True, exist_ok=True)
    for requirements in sorted(REQUIREMENTS_FOLDER.glob("*.txt")):
        _install_once(requirements, SDKS_FOLDER / requirements.stem, _install_python_sdk)
    lock = REQUIREMENTS_FOLDER / "package-lock.json"
    _install_once(lock, SDKS_FOLDER / "node", _install_node_sdks)


def find_interpreter(environment: str) -> Path:
    """Return the interpreter whose environment contains this Python SDK alone."""
    return SDKS_FOLDER / environment / "bin" / "python"


def find_browser() -> str:
    """Return the path of a Chromium, or '' if there is none. The variable CHROMIUM overrides the search."""
    configured = os.environ.get("CHROMIUM", "")
    return configured or next(filter(None, map(shutil.which, BROWSER_COMMANDS)), "")


def _install_python_sdk(requirements: Path, folder: Path) -> None:
    uv = os.environ.get("UV") or shutil.which("uv") or "uv"
    venv = ("venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
    _run_command(uv, *venv, cwd=SDKS_FOLDER)
    interpreter = str(find_interpreter(folder.name))
    install = ("pip", "install", "--quiet", "--python", interpreter)
    options = ("--require-hashes", "--requirement", str(requirements))
    _run_command(uv, *install, *options, cwd=SDKS_FOLDER)


def _install_node_sdks(lock: Path, folder: Path) -> None:
    for file in (lock, lock.with_name("package.json")):
        shutil.copy(file, folder)
    # `npm install` follows the lock file. `npm ci` would require the optional packages of other platforms.
    options = ("--no-save", "--omit=optional", "--ignore-scripts")
    quiet = ("--no-audit", "--no-fund", "--loglevel=error")
    _run_command(str(NODE), str(NPM), "install", *options, *quiet, cwd=folder)


def _install_once(lock: Path, folder: Path, install: Callable[[Path, Path], None]) -> None:
    """Install into the folder, unless it was installed from the same lock file."""
    lock_digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = folder / "installed.sha256"
    if not stamp.exists() or stamp.read_text() != lock_digest:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        install(lock, folder)
        stamp.write_text(lock_digest)


def _run_command(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, stdin=subprocess.DEVNULL)  # noqa: S603  our own
