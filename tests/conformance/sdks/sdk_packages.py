"""The SDKs as their users get them, pinned and hashed, from their own registries into build/sdks; and the browser."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from infra.deploy import NODE, NPM
from infra.local.places import BUILD

PACKAGES = Path(__file__).parent / "packages"
SDKS = BUILD / "sdks"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NODE_MODULES = SDKS / "node" / "node_modules"


def install() -> None:
    """Install what is missing; CalledProcessError when a registry does not give it."""
    SDKS.mkdir(parents=True, exist_ok=True)
    for requirements in sorted(PACKAGES.glob("*.txt")):
        _once(requirements, SDKS / requirements.stem, _install_python)
    _once(PACKAGES / "package-lock.json", SDKS / "node", _install_node)


def python_of(name: str) -> Path:
    """The interpreter that has this Python SDK alone."""
    return SDKS / name / "bin" / "python"


def browser() -> str:
    """Where a Chromium is, '' when there is none."""
    named = os.environ.get("CHROMIUM", "")
    return named or next(filter(None, map(shutil.which, BROWSERS)), "")


def _install_python(requirements: Path, folder: Path) -> None:
    uv = os.environ.get("UV") or shutil.which("uv") or "uv"
    _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder), at=SDKS)
    wanted = ("--require-hashes", "--requirement", str(requirements))
    interpreter = str(python_of(folder.name))
    _run(uv, "pip", "install", "--quiet", "--python", interpreter, *wanted, at=SDKS)


def _install_node(lock: Path, folder: Path) -> None:
    for file in (lock, lock.with_name("package.json")):
        shutil.copy(file, folder)
    # By the lock file, as `npm ci` would: but that insists on optional packages of other platforms.
    wanted = ("--no-save", "--omit=optional", "--ignore-scripts")
    quiet = ("--no-audit", "--no-fund", "--loglevel=error")
    _run(str(NODE), str(NPM), "install", *wanted, *quiet, at=folder)


def _once(lock: Path, folder: Path, fill: Callable[[Path, Path], None]) -> None:
    """Fill the folder unless it holds what the lock file says."""
    wanted, stamp = hashlib.sha256(lock.read_bytes()).hexdigest(), folder / "installed.sha256"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        fill(lock, folder)
        stamp.write_text(wanted)


def _run(*command: str, at: Path) -> None:
    subprocess.run(command, cwd=at, check=True, stdin=subprocess.DEVNULL)  # noqa: S603  our own
