"""Build the file system that a Lambda function sees: its own code, its layers, and the SDK of the runtime."""

import atexit
import compileall
import os
import platform
import py_compile
import shutil
import site
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from infra import layers
from tests.benchmarks.rows import MissingRequirementError

ROOT = Path(__file__).resolve().parents[2]
BUILD_FOLDER = ROOT / "build" / "bench"
UNCHECKED_FILES = py_compile.PycInvalidationMode.UNCHECKED_HASH
BASELINES = ROOT / "tests" / "benchmarks" / "baselines"
ARCHITECTURE = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
# The packages that AWS puts into /var/runtime of python3.13.
RUNTIME = """
awslambdaric boto3 botocore dateutil jmespath s3transfer simplejson six.py snapshot_restore_py.py urllib3
"""


@dataclass(frozen=True)
class Sandbox:
    """The directories of sys.path, in the order of Lambda."""

    path: tuple[Path, ...]

    @property
    def command(self) -> list[str]:
        """The command of an interpreter that searches no other directory and, as on Lambda, writes no bytecode."""
        return [sys._base_executable, "-S", "-s", "-B"]  # type: ignore[attr-defined]

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that set the path."""
        return {"PYTHONPATH": ":".join(map(str, self.path))}


@cache
def create_function_sandbox(name: str, third_party: tuple[str, ...] = ()) -> Sandbox:
    """Return the sandbox of a function; its layers are built and copied at the first call."""
    layer_folders = [copy_layer(layer) for layer in ("regulars", "runtime", *third_party)]
    task = create_process_folder() / "tasks" / name
    # Deployed code carries no bytecode of its own.
    _copy_tree(ROOT / "functions" / name, task / name, "__pycache__")
    return Sandbox((task, *layer_folders, prepare_runtime_folder()))


@cache
def create_process_folder() -> Path:
    """Return a temporary directory of this process."""
    folder = tempfile.TemporaryDirectory(prefix="regulars-bench-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


@cache
def copy_layer(name: str) -> Path:
    """Return a copy of a built layer, so that another build meanwhile does not change a measurement.

    Raise MissingRequirementError when the layer is not built and cannot be built.
    """
    try:
        built = layers.build_layer(name, ARCHITECTURE)
    except (OSError, subprocess.CalledProcessError) as error:
        message = f"the layer {name} cannot be built ({error}); run `make layers`"
        raise MissingRequirementError(message) from error
    copy = create_process_folder() / "layers" / name
    _copy_tree(built.python, copy)
    return copy


def create_baseline_sandbox() -> Sandbox:
    """Return the sandbox of the baseline handlers."""
    return Sandbox((BASELINES, prepare_runtime_folder()))


def prepare_runtime_folder() -> Path:
    """Return a directory with only the SDK and the runtime client, compiled, as in /var/runtime."""
    folder = BUILD_FOLDER / f"runtime-{version('botocore')}-{version('awslambdaric')}"
    if not folder.exists():
        target = create_process_folder() / "runtime"
        packages = Path(site.getsitepackages()[0])
        extension = next(packages.glob("runtime_client.*.so")).name
        for name in (*RUNTIME.split(), extension):
            copy = shutil.copytree if (packages / name).is_dir() else shutil.copyfile
            target.mkdir(parents=True, exist_ok=True)
            copy(packages / name, target / name)
        compileall.compile_dir(target, quiet=1, invalidation_mode=UNCHECKED_FILES)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _publish_folder(target, folder)
    return folder


def _copy_tree(source: Path, target: Path, *excluded: str) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*excluded))


def _publish_folder(source: Path, folder: Path) -> None:
    """Move a directory to its place in one step, unless another process was first."""
    beside = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.move(source, beside)
    try:
        beside.rename(folder)
    except OSError:
        shutil.rmtree(beside)
