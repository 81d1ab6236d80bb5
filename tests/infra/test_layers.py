"""Checks the layers: pinned to the lock file, within the size limit, reproducible, and complete without other packages."""

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

MAX_UNZIPPED_BYTES = 250 * 2**20
# The packages that the Lambda runtime provides.
RUNTIME_PACKAGES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
FUNCTION_NAMES = sorted(path.parent.name for path in FUNCTIONS_FOLDER.glob("*/handler.py"))
SCIENCE_SCRIPT = """
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
SIGNATURES_SCRIPT = """
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
LINKAGE_SCRIPT = """
from regulars.identity.proposals.pairs import find_similar_pairs
rows = [{"id": n, "name": name, "dob": "1990-01-02"} for n, name in enumerate(["Ada Ek", "Ada Ek", "Bo Li"])]
rows[2]["dob"] = "1955-11-23"
(pair,) = find_similar_pairs(rows)
assert (pair.left, pair.right) == ("0", "1"), pair
"""


def measure_size(directory: Path) -> int:
    """Return the number of bytes in all files of a folder."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def list_layers(template: Template, name: str) -> list[str]:
    """Return the names of the layers of a function."""
    references = template.list_functions()[name]["Layers"]
    return [template.find_path(find_logical_id(reference))[-1].lower() for reference in references]


def read_pins(name: str) -> dict[str, str]:
    """Return the pinned version of each package in the requirements of a layer."""
    text = (layers.ROOT / "layers" / name / "requirements.txt").read_text()
    return dict(re.findall(r"^([\w.-]+)==(\S+)$", text, re.MULTILINE))


@pytest.fixture(scope="session")
def lambda_runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide a folder with only the packages of the Lambda runtime."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME_PACKAGES:
        spec = find_spec(name)
        assert spec
        assert spec.origin
        path = Path(spec.origin)
        target = path.parent if path.name == "__init__.py" else path
        (folder / target.name).symlink_to(target)
    return folder


def run_in_isolation(code: str, paths: list[Path], environment: dict[str, str], cwd: Path) -> str:
    """Run code with only these paths and the standard library. Return its error output, or '' on success."""
    setup = f"import sys; sys.path[:0] = {[str(path) for path in paths]!r}\n"
    completed = subprocess.run(  # noqa: S603
        [sys.executable, "-I", "-S", "-c", setup + code],
        env=environment | {"AWS_DEFAULT_REGION": "eu-west-1"},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    return completed.stderr if completed.returncode else ""


@pytest.mark.parametrize("name", ["runtime", "signatures", "lake", "linkage", "science"])
def test_layer_pins_equal_the_lock_file(name: str) -> None:
    packages = tomllib.loads((layers.ROOT / "uv.lock").read_text())["package"]
    versions = {package["name"]: package["version"] for package in packages}
    pinned = read_pins(name)
    assert pinned == {package: versions.get(package) for package in pinned}


@pytest.mark.parametrize("architecture", sorted(layers.PLATFORMS))
@pytest.mark.parametrize("name", FUNCTION_NAMES)
def test_function_with_layers_fits_into_lambda(
    template: Template, name: str, architecture: str
) -> None:
    built_layers = [
        layers.build_layer(layer, architecture) for layer in list_layers(template, name)
    ]
    total = sum(measure_size(layer.directory) for layer in built_layers)
    total += measure_size(FUNCTIONS_FOLDER / name)
    assert total <= MAX_UNZIPPED_BYTES


@pytest.mark.parametrize("name", FUNCTION_NAMES)
def test_handler_imports_with_its_layers_only(
    template: Template, name: str, lambda_runtime: Path, tmp_path: Path
) -> None:
    built_layers = [
        layers.build_layer(layer, layers.HOST_ARCHITECTURE) for layer in list_layers(template, name)
    ]
    paths = [FUNCTIONS_FOLDER, *(layer.python for layer in built_layers), lambda_runtime]
    variables = template.list_functions()[name]["Environment"]["Variables"]
    environment = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in variables.items()
    }
    assert run_in_isolation(f"import {name}.handler", paths, environment, tmp_path) == ""


def test_trimmed_science_layer_fits_saves_and_reads(tmp_path: Path) -> None:
    paths = [layers.build_layer("science", layers.HOST_ARCHITECTURE).python]
    assert run_in_isolation(SCIENCE_SCRIPT, paths, {}, tmp_path) == ""


def test_trimmed_signatures_layer_signs_and_encrypts(tmp_path: Path) -> None:
    paths = [layers.build_layer("signatures", layers.HOST_ARCHITECTURE).python]
    assert run_in_isolation(SIGNATURES_SCRIPT, paths, {}, tmp_path) == ""


def test_trimmed_linkage_layer_finds_a_pair(lambda_runtime: Path, tmp_path: Path) -> None:
    names = ("regulars", "runtime", "lake", "linkage")
    paths = [layers.build_layer(name, layers.HOST_ARCHITECTURE).python for name in names]
    assert run_in_isolation(LINKAGE_SCRIPT, [*paths, lambda_runtime], {}, tmp_path) == ""


def test_layers_leave_the_sdk_to_the_runtime() -> None:
    for name in layers.LAYER_NAMES:
        names = {
            path.name
            for path in layers.build_layer(name, layers.HOST_ARCHITECTURE).python.iterdir()
        }
        assert not names & {"boto3", "botocore"}


def test_layer_archive_is_identical_when_built_again(tmp_path: Path) -> None:
    layer = layers.build_layer(layers.OWN_LAYER, layers.HOST_ARCHITECTURE)
    rebuilt_layer = layers.Layer(
        name=layer.name,
        directory=tmp_path / "again",
        archive=tmp_path / "again.zip",
        digest=layer.digest,
    )
    layers.make_layer(rebuilt_layer, layers.HOST_ARCHITECTURE)
    assert rebuilt_layer.archive.read_bytes() == layer.archive.read_bytes()


def test_layer_is_not_rebuilt_when_nothing_changed() -> None:
    built_at = layers.build_layer("runtime", layers.HOST_ARCHITECTURE).archive.stat().st_mtime_ns
    assert (
        layers.build_layer("runtime", layers.HOST_ARCHITECTURE).archive.stat().st_mtime_ns
        == built_at
    )


def test_layer_bytecode_is_independent_of_source_times() -> None:
    for path in layers.build_layer(layers.OWN_LAYER, layers.HOST_ARCHITECTURE).directory.rglob(
        "*.pyc"
    ):
        flags = int.from_bytes(path.read_bytes()[4:8], "little")
        assert flags == 0b01, path  # hash-based, unchecked
