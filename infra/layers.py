"""Builds the Lambda layers without Docker: hash-checked against uv.lock, trimmed, compiled, and cached by their inputs."""

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
BUILD_FOLDER = ROOT / "build" / "layers"
PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
OWN_LAYER = "regulars"
LAYER_NAMES = (OWN_LAYER, "runtime", "signatures", "lake", "linkage", "science")
PYTHON_VERSION = "3.13"
HOST_ARCHITECTURE = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"

# Not part of a layer. Licences, METADATA and entry points stay; `*.libs` are never stripped (it breaks OpenBLAS).
TRIMMED_DIRECTORIES = ("__pycache__", "bin", "test", "tests", "include")
TRIMMED_SUFFIXES = (".a", ".c", ".cpp", ".h", ".hpp", ".pxd", ".pxi", ".pyi", ".pyx", ".tp")
TRIMMED_EXTENSIONS = re.compile(
    r"_test_.*\.so|.*_tests\.cpython.*\.so"
    # Arrow's clients of other services; its tables need the other libraries.
    r"|libarrow_(python_)?(flight|s3)\.so.*|_(flight|s3fs)\.cpython.*\.so"
)
# No model and none of its libraries imports these; without them the layers fit into Lambda's 250 MiB.
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
# The trainers use little of these, so their bytecode is not worth its size.
UNCOMPILED_PATTERN = r"/(narwhals|fsspec|packaging)/"


@dataclass(frozen=True)
class Layer:
    """A built layer: Lambda mounts `directory` at /opt, `archive` is the same as a zip, `digest` the hash of its inputs."""

    name: str
    directory: Path
    archive: Path
    digest: str

    @property
    def python(self) -> Path:
        """The folder that Lambda adds to sys.path."""
        return self.directory / "python"


def build_layer(name: str, architecture: str) -> Layer:
    """Build one layer unless it was built from the same inputs before."""
    folder = BUILD_FOLDER / architecture
    layer = Layer(
        name=name,
        directory=folder / name,
        archive=folder / f"{name}.zip",
        digest=digest_inputs(name, architecture),
    )
    stamp = folder / f"{name}.digest"
    with lock_file(folder / f"{name}.lock"):
        if not stamp.exists() or stamp.read_text() != layer.digest:
            stamp.unlink(missing_ok=True)
            make_layer(layer, architecture)
            stamp.write_text(layer.digest)
    return layer


def digest_inputs(name: str, architecture: str) -> str:
    """Return the hash of what decides the content of a layer: its sources or pins, and this module."""
    digest = hashlib.sha256(f"{name} {architecture} {PYTHON_VERSION}".encode())
    for path in (Path(__file__), *list_inputs(name)):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def list_inputs(name: str) -> list[Path]:
    """Return the files from which a layer is built, in order."""
    if name == OWN_LAYER:
        return list_files(ROOT / "layers" / OWN_LAYER / "python")
    return [ROOT / "layers" / name / "requirements.txt"]


def list_files(directory: Path) -> list[Path]:
    """Return all files below a directory that belong into a layer, in order."""
    return sorted(
        path
        for path in directory.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    )


def make_layer(layer: Layer, architecture: str) -> None:
    """Fill the layer's directory and pack it."""
    shutil.rmtree(layer.directory, ignore_errors=True)
    if layer.name == OWN_LAYER:
        copy_sources(ROOT / "layers" / OWN_LAYER / "python", layer.python)
    else:
        install_requirements(layer.name, layer.python, PLATFORMS[architecture])
        trim_libraries(layer.python)
    compile_sources(layer.directory)
    pack_archive(layer.directory, layer.archive)


def copy_sources(source: Path, target: Path) -> None:
    """Copy the code of this project, without the bytecode of a test run."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))


def install_requirements(name: str, target: Path, wheels: str) -> None:
    """Install third-party wheels for the platform; the hashes of the lock are required, so a different pin fails."""
    uv = os.environ.get("UV", "uv")
    lock = BUILD_FOLDER / "locked.txt"
    subprocess.run(
        [uv, "export", "--quiet", "--locked", "--no-dev", "--no-emit-project", "-o", str(lock)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    command = [uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    command += [
        "--only-binary",
        ":all:",
        "--python-version",
        PYTHON_VERSION,
        "--python-platform",
        wheels,
    ]
    command += ["--link-mode", "copy", "--constraint", str(lock), "--target", str(target)]
    requirements = ROOT / "layers" / name / "requirements.txt"
    subprocess.run([*command, "--requirement", str(requirements)], cwd=ROOT, check=True)


def trim_libraries(python: Path) -> None:
    """Remove the files that no function imports."""
    for unused in TRIMMED_PATHS:
        remove_path(python / unused)
    for path in sorted(python.rglob("*"), reverse=True):
        if path.is_dir():
            if path.name in TRIMMED_DIRECTORIES:
                remove_path(path)
        elif path.suffix in TRIMMED_SUFFIXES or TRIMMED_EXTENSIONS.fullmatch(path.name):
            remove_path(path)
    remove_path(python / ".lock")


def remove_path(path: Path) -> None:
    """Delete a file or a directory, if it exists."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def compile_sources(directory: Path) -> None:
    """Compile bytecode that needs no timestamps of the sources, else a read-only layer would compile at every cold start."""
    # In a process of its own: workers that are forked from one with threads (of jsii) may never end.
    command = [sys.executable, "-I", "-m", "compileall", "-q", "-j", "0"]
    command += ["--invalidation-mode", "unchecked-hash", "-s", str(directory), "-p", "/opt"]
    command += ["-x", UNCOMPILED_PATTERN]
    subprocess.run([*command, str(directory)], check=True)


def pack_archive(directory: Path, archive: Path) -> None:
    """Write a zip without owners and times."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(path for path in directory.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(directory).as_posix())
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, path.read_bytes())


@contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """Let only one process at a time build a layer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main() -> None:
    """Build all layers for the architectures of the command line."""
    parser = argparse.ArgumentParser(prog="python -m infra.layers", description=__doc__)
    parser.add_argument("--architecture", choices=sorted(PLATFORMS), action="append")
    for architecture in parser.parse_args().architecture or sorted(PLATFORMS):
        for number, name in enumerate(LAYER_NAMES, start=1):
            print(f"layer {name}, {number} of {len(LAYER_NAMES)}", flush=True)
            layer = build_layer(name, architecture)
            size = sum(path.stat().st_size for path in layer.directory.rglob("*") if path.is_file())
            print(f"{architecture:7} {name:9} {size / 2**20:6.1f} MiB")


if __name__ == "__main__":
    main()
