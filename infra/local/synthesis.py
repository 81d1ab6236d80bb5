"""The template and the layers for this machine's processor, made again only when one of their sources changed."""

import hashlib
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from infra.local.faults import FaultError
from infra.local.places import ASSEMBLY, LOCAL, ROOT

ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64"}  # every other machine is x86_64
SOURCES = ("infra/**/*.py", "functions/**/*.py", "layers/regulars/python/**/*.*")
PINS = ("layers/*/requirements.txt", "cdk.json", "uv.lock")
STAMP = ASSEMBLY / "sources.sha256"


def is_current() -> bool:
    """Whether the assembly was synthesized from today's sources."""
    return STAMP.exists() and STAMP.read_text() == _wanted()


def synthesize() -> None:
    """Build the layers and synthesize; FaultError names the log."""
    wanted = _wanted()
    STAMP.unlink(missing_ok=True)
    architecture = _architecture()
    _run("infra.layers", "--architecture", architecture)
    context = f"architecture={architecture}"
    _run("infra.app", "--context", context, "--output", str(ASSEMBLY))
    STAMP.write_text(wanted)


def _architecture() -> str:
    return ARCHITECTURES.get(platform.machine().lower(), "x86_64")


def _wanted() -> str:
    digest = hashlib.sha256(_architecture().encode())
    for path in _sources():
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    found = {path for pattern in (*SOURCES, *PINS) for path in ROOT.glob(pattern)}
    return (path for path in sorted(found) if path.is_file() and path.suffix != ".pyc")


def _run(module: str, *arguments: str) -> None:
    """Run one of our modules; its output goes to a log."""
    log = LOCAL / f"{module}.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", module, *arguments]
        ended = subprocess.run(command, cwd=ROOT, stdout=output, stderr=output, check=False)
    if ended.returncode:
        raise FaultError(f"{module} failed: {_last_line(log)}", f"Read {log}.")


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"
