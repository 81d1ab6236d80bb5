"""Builds the Lambda layers without Docker: hash-checked against uv.lock, trimmed, compiled, cached by their inputs."""

import argparse
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "layers"
PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
OURS = "regulars"
NAMES = (OURS, "runtime", "signatures", "lake", "science")
PYTHON = "3.13"
HOST = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"

# Left out of a layer. Licences, METADATA and entry points stay; `*.libs` are never stripped (it breaks OpenBLAS).
TRIMMED_DIRECTORIES = ("__pycache__", "bin", "test", "tests", "include")
TRIMMED_SUFFIXES = (".a", ".c", ".cpp", ".h", ".hpp", ".pxd", ".pxi", ".pyi", ".pyx", ".tp")
TRIMMED_EXTENSIONS = re.compile(r"_test_.*\.so|.*_tests\.cpython.*\.so")
# Nothing that our models or their libraries import lives here; it makes the difference to Lambda's 250 MiB.
TRIMMED_PATHS = (
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/swagger-ui-bundle.min.js",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/swagger-ui.min.css",
    "numpy/f2py/src",
    "phonenumbers/carrierdata",
    "phonenumbers/geodata",
    "phonenumbers/tzdata",
    "scipy/datasets",
    "scipy/fftpack",
    "scipy/io",
    "scipy/misc",
    "scipy/odr",
    "scipy/signal",
    "sklearn/datasets/data",
    "sklearn/datasets/images",
)
# Bytecode does not pay for what the trainers hardly touch.
NOT_COMPILED = r"/(narwhals|fsspec|packaging)/"


@dataclass(frozen=True)
class Layer:
    """A built layer: `directory` is what Lambda mounts at /opt, `archive` the same as a zip, `digest` its inputs."""

    name: str
    directory: Path
    archive: Path
    digest: str

    @property
    def python(self) -> Path:
        """What Lambda adds to sys.path."""
        return self.directory / "python"


def build(name: str, architecture: str) -> Layer:
    """Build one layer unless the same inputs were built before."""
    folder = BUILD / architecture
    layer = Layer(name, folder / name, folder / f"{name}.zip", input_digest(name, architecture))
    stamp = folder / f"{name}.digest"
    with locked(folder / f"{name}.lock"):
        if not stamp.exists() or stamp.read_text() != layer.digest:
            stamp.unlink(missing_ok=True)
            make(layer, architecture)
            stamp.write_text(layer.digest)
    return layer


def input_digest(name: str, architecture: str) -> str:
    """What decides a layer's content: its sources or pins, the lock, and this module."""
    digest = hashlib.sha256(f"{name} {architecture} {PYTHON}".encode())
    for path in (Path(__file__), *inputs(name)):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def inputs(name: str) -> list[Path]:
    """The files a layer is made from, in order."""
    if name == OURS:
        return files(ROOT / "layers" / OURS / "python")
    return [ROOT / "layers" / name / "requirements.txt"]


def files(directory: Path) -> list[Path]:
    """All files below a directory that belong into a layer, in order."""
    return sorted(
        path
        for path in directory.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    )


def make(layer: Layer, architecture: str) -> None:
    """Fill the layer's directory and pack it."""
    shutil.rmtree(layer.directory, ignore_errors=True)
    if layer.name == OURS:
        copy(ROOT / "layers" / OURS / "python", layer.python)
    else:
        install(layer.name, layer.python, PLATFORMS[architecture])
        trim(layer.python)
    compile_all(layer.directory)
    pack(layer.directory, layer.archive)


def copy(source: Path, target: Path) -> None:
    """Our own code, without what a test run left behind."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))


def install(name: str, target: Path, wheels: str) -> None:
    """Third-party wheels for the platform; the lock's hashes are required, so a pin that differs from it fails."""
    uv = os.environ.get("UV", "uv")
    lock = BUILD / "locked.txt"
    subprocess.run(
        [uv, "export", "--quiet", "--locked", "--no-dev", "--no-emit-project", "-o", str(lock)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    command = [uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--only-binary", ":all:", "--python-version", PYTHON, "--python-platform", wheels]
    command += ["--link-mode", "copy", "--constraint", str(lock), "--target", str(target)]
    requirements = ROOT / "layers" / name / "requirements.txt"
    subprocess.run([*command, "--requirement", str(requirements)], cwd=ROOT, check=True)


def trim(python: Path) -> None:
    """Remove what no function imports."""
    for unused in TRIMMED_PATHS:
        remove(python / unused)
    for path in sorted(python.rglob("*"), reverse=True):
        if path.is_dir():
            if path.name in TRIMMED_DIRECTORIES:
                remove(path)
        elif path.suffix in TRIMMED_SUFFIXES or TRIMMED_EXTENSIONS.fullmatch(path.name):
            remove(path)
    remove(python / ".lock")


def remove(path: Path) -> None:
    """Delete a file or a directory, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def compile_all(directory: Path) -> None:
    """Bytecode that needs no source timestamps: a read-only layer would recompile at every cold start."""
    # A process of its own: workers forked from one with threads (jsii's) may never end.
    command = [sys.executable, "-I", "-m", "compileall", "-q", "-j", "0"]
    command += ["--invalidation-mode", "unchecked-hash", "-s", str(directory), "-p", "/opt"]
    command += ["-x", NOT_COMPILED]
    subprocess.run([*command, str(directory)], check=True)


def pack(directory: Path, archive: Path) -> None:
    """A zip without owners and times."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(path for path in directory.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(directory).as_posix())
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, path.read_bytes())


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One builder at a time, whatever process asks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main() -> None:
    """Build all layers of the architectures asked for."""
    parser = argparse.ArgumentParser(prog="python -m infra.layers", description=__doc__)
    parser.add_argument("--architecture", choices=sorted(PLATFORMS), action="append")
    for architecture in parser.parse_args().architecture or sorted(PLATFORMS):
        for name in NAMES:
            layer = build(name, architecture)
            size = sum(path.stat().st_size for path in layer.directory.rglob("*") if path.is_file())
            print(f"{architecture:7} {name:9} {size / 2**20:6.1f} MiB")


if __name__ == "__main__":
    main()
