"""Every vector gets its verdict and every payload becomes its canonical event, provider by provider."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance import fixtures, vectors
from tests.conformance.doors import Doors, doors
from tests.conformance.webhooks import FIXTURES, SHARED, VECTORS, outcomes, told


def providers(path: Path, name: str) -> list[str]:
    """The providers that a file speaks of; one that is skipped where there is no such file."""
    if not path.exists():
        return ["none"]
    listed = json.loads(path.read_text())
    return sorted({one["provider"] for one in (listed[name] if name else listed)})


@pytest.fixture(scope="module")
def opened() -> Iterator[Doors]:
    if not SHARED.exists():
        pytest.skip("Needs the providers' files in ../shared.")
    with doors() as both:
        yield both


@pytest.mark.parametrize("provider", providers(VECTORS, "vectors"))
def test_vectors_get_their_verdicts(opened: Doors, provider: str) -> None:
    chosen = [vector for vector in vectors.read(VECTORS) if vector["provider"] == provider]
    found = {one["id"]: list(vectors.failures(opened, one)) for one in chosen}
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize("provider", providers(FIXTURES / fixtures.MANIFEST, ""))
def test_payloads_become_their_canonical_events(opened: Doors, provider: str) -> None:
    chosen = [one for one in fixtures.read(FIXTURES) if one["provider"] == provider]
    found = {one["file"]: list(fixtures.failures(opened, one)) for one in chosen}
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_wrong_verdict_is_counted_and_named(
    opened: Doors, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    genuine = next(one for one in vectors.read(VECTORS) if one["id"] == "D-shopify-valid")
    wrong = genuine | {"id": "wrong", "expect": {"verdict": "reject", "reason": "signature"}}
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps({"vectors": [genuine, wrong]}))
    assert told(outcomes(opened, path)) == 1
    said = capsys.readouterr().out
    assert said.startswith("wrong: ")
    assert said.endswith("1 passed, 1 failed\n")
