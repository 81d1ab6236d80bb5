"""The file system a Lambda function sees: its own code, its layers, and the SDK of the runtime; nothing of ours else."""

import atexit
import compileall
import os
import platform
import py_compile
import shutil
import site
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from infra import layers

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "bench"
UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH
BASELINES = ROOT / "tests" / "benchmarks" / "baselines"
ARCHITECTURE = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
# What AWS puts into /var/runtime of python3.13.
RUNTIME = """
awslambdaric boto3 botocore dateutil jmespath s3transfer simplejson six.py snapshot_restore_py.py urllib3
"""


@dataclass(frozen=True)
class Sandbox:
    """The directories of sys.path, in Lambda's order."""

    path: tuple[Path, ...]

    @property
    def command(self) -> list[str]:
        """An interpreter that looks nowhere else; like Lambda's it writes no bytecode."""
        return [sys._base_executable, "-S", "-s", "-B"]  # type: ignore[attr-defined]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make the path."""
        return {"PYTHONPATH": ":".join(map(str, self.path))}


@cache
def of_function(name: str, third_party: tuple[str, ...] = ()) -> Sandbox:
    """The sandbox of one of our functions, on layers built and copied at the first call."""
    task = own() / "tasks" / name
    # Deployed code carries no bytecode of its own.
    _copied(ROOT / "functions" / name, task / name, "__pycache__")
    return Sandbox((task, *map(layer, ("regulars", "runtime", *third_party)), runtime()))


@cache
def own() -> Path:
    """A directory of this process alone."""
    folder = tempfile.TemporaryDirectory(prefix="regulars-bench-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


@cache
def layer(name: str) -> Path:
    """A copy of a built layer: another build of it meanwhile must not move a measurement."""
    copy = own() / "layers" / name
    _copied(layers.build_layer(name, ARCHITECTURE).python, copy)
    return copy


def of_baselines() -> Sandbox:
    """The sandbox of the handlers to compare with."""
    return Sandbox((BASELINES, runtime()))


def runtime() -> Path:
    """A directory with the SDK and the runtime client alone, compiled, as in /var/runtime."""
    folder = BUILD / f"runtime-{version('botocore')}-{version('awslambdaric')}"
    if not folder.exists():
        made = own() / "runtime"
        packages = Path(site.getsitepackages()[0])
        extension = next(packages.glob("runtime_client.*.so")).name
        for name in (*RUNTIME.split(), extension):
            copied = shutil.copytree if (packages / name).is_dir() else shutil.copyfile
            made.mkdir(parents=True, exist_ok=True)
            copied(packages / name, made / name)
        compileall.compile_dir(made, quiet=1, invalidation_mode=UNCHECKED)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _settled(made, folder)
    return folder


def _copied(source: Path, target: Path, *left_out: str) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*left_out))


def _settled(made: Path, folder: Path) -> None:
    """Move what was made to its place at once, unless another process was first."""
    beside = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.move(made, beside)
    try:
        beside.rename(folder)
    except OSError:
        shutil.rmtree(beside)
