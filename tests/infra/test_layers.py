"""Layers: pinned to the lock, small enough, the same twice, and complete in an interpreter that sees nothing else."""

import json
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from infra import layers
from infra.constructs.functions import FUNCTIONS_FOLDER
from tests.support.template import Template, find_logical_id

LAMBDA_LIMIT = 250 * 2**20
# What the Lambda runtime brings of its own.
RUNTIME = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
FUNCTIONS = sorted(path.parent.name for path in FUNCTIONS_FOLDER.glob("*/handler.py"))
SCIENCE = """
import io, joblib, numpy, pandas, scipy.sparse
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
frame = pandas.DataFrame({"x": numpy.arange(60.0), "y": ["a", "b"] * 30})
frame.to_parquet("frame.parquet", engine="fastparquet")
read = pandas.read_parquet("frame.parquet", engine="fastparquet")
for model in (LogisticRegression(), HistGradientBoostingClassifier()):
    model.fit(read[["x"]], read["x"] > 30)
TfidfVectorizer().fit_transform(["red mug", "blue mug"])
joblib.dump(KMeans(2).fit(read[["x"]]), buffer := io.BytesIO())
"""
SIGNATURES = """
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.x509 import load_pem_x509_certificate
key = rsa.generate_private_key(65537, 2048)
signature = key.sign(b"a", padding.PKCS1v15(), hashes.SHA256())
key.public_key().verify(signature, b"a", padding.PKCS1v15(), hashes.SHA256())
key = ec.generate_private_key(ec.SECP256R1())
key.public_key().verify(key.sign(b"a", ec.ECDSA(hashes.SHA256())), b"a", ec.ECDSA(hashes.SHA256()))
key = ed25519.Ed25519PrivateKey.generate()
key.public_key().verify(key.sign(b"a"), b"a")
Cipher(algorithms.AES(b"k" * 32), modes.CBC(b"i" * 16)).encryptor().update(b"a" * 16)
"""


def size(directory: Path) -> int:
    """Bytes of all files."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def layers_of(template: Template, name: str) -> list[str]:
    """The names of the layers that a function has."""
    references = template.list_functions()[name]["Layers"]
    return [template.find_path(find_logical_id(one))[-1].lower() for one in references]


def pins(name: str) -> dict[str, str]:
    """Package → version of a layer's requirements."""
    text = (layers.ROOT / "layers" / name / "requirements.txt").read_text()
    return dict(re.findall(r"^([\w.-]+)==(\S+)$", text, re.MULTILINE))


@pytest.fixture(scope="session")
def lambda_runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the SDK alone, as the Lambda runtime has it."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME:
        spec = find_spec(name)
        assert spec
        assert spec.origin
        path = Path(spec.origin)
        target = path.parent if path.name == "__init__.py" else path
        (folder / target.name).symlink_to(target)
    return folder


def run_clean(code: str, paths: list[Path], environment: dict[str, str], cwd: Path) -> str:
    """Run code in an interpreter that sees these paths and the standard library; '' or its error."""
    start = f"import sys; sys.path[:0] = {[str(path) for path in paths]!r}\n"
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-I", "-S", "-c", start + code],
        env=environment | {"AWS_DEFAULT_REGION": "eu-west-1"},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stderr if ran.returncode else ""


@pytest.mark.parametrize("name", ["runtime", "signatures", "lake", "science"])
def test_layer_pins_equal_the_lock(name: str) -> None:
    locked = tomllib.loads((layers.ROOT / "uv.lock").read_text())["package"]
    versions = {package["name"]: package["version"] for package in locked}
    assert pins(name) == {package: versions.get(package) for package in pins(name)}


@pytest.mark.parametrize("architecture", sorted(layers.PLATFORMS))
@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_fits_into_lambda(template: Template, name: str, architecture: str) -> None:
    built = [layers.build_layer(layer, architecture) for layer in layers_of(template, name)]
    total = sum(size(layer.directory) for layer in built) + size(FUNCTIONS_FOLDER / name)
    assert total <= LAMBDA_LIMIT


@pytest.mark.parametrize("name", FUNCTIONS)
def test_handler_imports_when_it_sees_only_its_layers(
    template: Template, name: str, lambda_runtime: Path, tmp_path: Path
) -> None:
    built = [
        layers.build_layer(layer, layers.HOST_ARCHITECTURE) for layer in layers_of(template, name)
    ]
    paths = [FUNCTIONS_FOLDER, *(layer.python for layer in built), lambda_runtime]
    variables = template.list_functions()[name]["Environment"]["Variables"]
    environment = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in variables.items()
    }
    assert run_clean(f"import {name}.handler", paths, environment, tmp_path) == ""


def test_science_layer_fits_saves_and_reads_when_trimmed(tmp_path: Path) -> None:
    paths = [layers.build_layer("science", layers.HOST_ARCHITECTURE).python]
    assert run_clean(SCIENCE, paths, {}, tmp_path) == ""


def test_signatures_layer_signs_encrypts_and_reads_certificates(tmp_path: Path) -> None:
    paths = [layers.build_layer("signatures", layers.HOST_ARCHITECTURE).python]
    assert run_clean(SIGNATURES, paths, {}, tmp_path) == ""


def test_sdk_is_left_to_the_lambda_runtime() -> None:
    for name in layers.LAYER_NAMES:
        names = {
            path.name
            for path in layers.build_layer(name, layers.HOST_ARCHITECTURE).python.iterdir()
        }
        assert not names & {"boto3", "botocore"}


def test_layer_is_the_same_archive_when_built_again(tmp_path: Path) -> None:
    built = layers.build_layer(layers.OWN_LAYER, layers.HOST_ARCHITECTURE)
    again = layers.Layer(built.name, tmp_path / "again", tmp_path / "again.zip", built.digest)
    layers.make_layer(again, layers.HOST_ARCHITECTURE)
    assert again.archive.read_bytes() == built.archive.read_bytes()


def test_layer_is_built_once_when_nothing_changed() -> None:
    before = layers.build_layer("runtime", layers.HOST_ARCHITECTURE).archive.stat().st_mtime_ns
    assert (
        layers.build_layer("runtime", layers.HOST_ARCHITECTURE).archive.stat().st_mtime_ns == before
    )


def test_layer_bytecode_needs_no_source_times() -> None:
    for path in layers.build_layer(layers.OWN_LAYER, layers.HOST_ARCHITECTURE).directory.rglob(
        "*.pyc"
    ):
        flags = int.from_bytes(path.read_bytes()[4:8], "little")
        assert flags == 0b01, path  # hash-based, unchecked
