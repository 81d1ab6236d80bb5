"""Every vector gets its verdict and every payload becomes its canonical event, provider by provider."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance import payloads as fixtures
from tests.conformance import vectors
from tests.conformance.endpoints import Doors, doors
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


@pytest.mark.parametrize("text", [None, "", "{}", "[]", '{"vectors": []}', '{"vectors": [{}]}'])
def test_file_that_is_none_is_a_failure_with_its_name(
    opened: Doors, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None
) -> None:
    path = tmp_path / "vectors.json"
    if text is not None:
        path.write_text(text)
    assert told(outcomes(opened, path)) == 1
    said = capsys.readouterr().out
    assert said.startswith(f"{path}: ")
    assert said.endswith("0 passed, 1 failed\n")


def test_folder_without_a_manifest_is_a_failure(opened: Doors, tmp_path: Path) -> None:
    assert told(outcomes(opened, tmp_path)) == 1


def test_what_lacks_a_part_keeps_no_other_from_being_run(opened: Doors, tmp_path: Path) -> None:
    genuine = next(one for one in vectors.read(VECTORS) if one["id"] == "D-shopify-valid")
    unknown = genuine | {"id": "unknown", "provider": "nobody"}
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps({"vectors": [{"id": "bare"}, unknown, genuine]}))
    ran = outcomes(opened, path)
    assert [(name, bool(faults)) for name, faults in ran] == [
        ("bare", True),
        ("unknown", True),
        ("D-shopify-valid", False),
    ]


def test_source_without_a_secret_refuses_what_a_blank_one_signed(opened: Doors) -> None:
    genuine = next(one for one in vectors.read(VECTORS) if one["id"] == "D-shopify-valid")
    blank = genuine | {"secrets": [""], "expect": {"verdict": "reject", "reason": "signature"}}
    assert list(vectors.failures(opened, blank)) == []


def test_payload_is_found_in_a_folder_of_another_name(tmp_path: Path) -> None:
    (tmp_path / "others" / "line").mkdir(parents=True)
    payload = tmp_path / "others" / "line" / "follow.json"
    payload.write_text("{}")
    manifest = [{"file": "fixtures/line/follow.json", "provider": "line"}]
    (tmp_path / "others" / "MANIFEST.json").write_text(json.dumps(manifest))
    (found,) = fixtures.read(tmp_path / "others")
    assert found["path"] == payload
