"""Builds the layers and the template for the processor of this machine, again only when a source changed."""

import hashlib
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from infra.local.errors import CommandError
from infra.local.places import ASSEMBLY_FOLDER, LOCAL_FOLDER, ROOT_FOLDER

ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64"}  # every other machine is x86_64
SOURCE_PATTERNS = ("infra/**/*.py", "functions/**/*.py", "layers/regulars/python/**/*.*")
PIN_PATTERNS = ("layers/*/requirements.txt", "cdk.json", "uv.lock")
ERASURE_WAIT_SECONDS = 30
STAMP = ASSEMBLY_FOLDER / "sources.sha256"


def is_current() -> bool:
    """Return whether the assembly was synthesized from the current sources."""
    return STAMP.exists() and STAMP.read_text() == _hash_sources()


def synthesize(on_progress: Callable[[str], None] = lambda _: None) -> None:
    """Build the layers and synthesize; a CommandError names the log. `on_progress` is called with what is being done."""
    digest = _hash_sources()
    STAMP.unlink(missing_ok=True)
    architecture = _detect_architecture()
    _run_module("infra.layers", "--architecture", architecture, on_line=on_progress)
    # A function of this machine works for seconds on what it has read.
    pairs = (f"architecture={architecture}", f"erasure_wait_seconds={ERASURE_WAIT_SECONDS}")
    context = [word for pair in pairs for word in ("--context", pair)]
    on_progress("template")
    _run_module("infra.app", *context, "--output", str(ASSEMBLY_FOLDER))
    STAMP.write_text(digest)


def _detect_architecture() -> str:
    return ARCHITECTURES.get(platform.machine().lower(), "x86_64")


def _hash_sources() -> str:
    digest = hashlib.sha256(_detect_architecture().encode())
    for path in _list_sources():
        digest.update(str(path.relative_to(ROOT_FOLDER)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _list_sources() -> Iterator[Path]:
    patterns = (*SOURCE_PATTERNS, *PIN_PATTERNS)
    paths = {path for pattern in patterns for path in ROOT_FOLDER.glob(pattern)}
    return (path for path in sorted(paths) if path.is_file() and path.suffix != ".pyc")


def _run_module(
    module: str, *arguments: str, on_line: Callable[[str], None] = lambda _: None
) -> None:
    """Run a module of this project; its output goes to a log, and line by line to `on_line`."""
    log = LOCAL_FOLDER / f"{module}.log"
    command = [sys.executable, "-m", module, *arguments]
    with (
        log.open("w") as output,
        subprocess.Popen(
            command,
            cwd=ROOT_FOLDER,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        for line in process.stdout or ():
            output.write(line)
            on_line(line.strip())
    if process.returncode:
        raise CommandError(f"{module} failed: {_read_last_line(log)}", f"Read {log}.")


def _read_last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it wrote nothing"
