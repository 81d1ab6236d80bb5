"""Checks that every vector gets its verdict and every payload becomes its canonical event, provider by provider."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance import payloads, vectors
from tests.conformance.endpoints import Endpoints, open_endpoints
from tests.conformance.payloads import MANIFEST_NAME, read_payloads
from tests.conformance.provider_files import PAYLOADS_FOLDER, SHARED_FOLDER, VECTORS_FILE
from tests.conformance.vectors import Vector, read_vectors
from tests.conformance.webhooks import check_path, report_results


def list_providers(path: Path, member: str) -> list[str]:
    """Return the providers that a file names. Without the file, return one whose test is skipped."""
    if not path.exists():
        return ["none"]
    document = json.loads(path.read_text())
    entries = document[member] if member else document
    return sorted({entry["provider"] for entry in entries})


def find_shopify_vector() -> Vector:
    return next(
        vector for vector in read_vectors(VECTORS_FILE) if vector["id"] == "D-shopify-valid"
    )


@pytest.fixture(scope="module")
def endpoints() -> Iterator[Endpoints]:
    if not SHARED_FOLDER.exists():
        pytest.skip("Needs the providers' files in ../shared.")
    with open_endpoints() as opened:
        yield opened


@pytest.mark.parametrize("provider", list_providers(VECTORS_FILE, "vectors"))
def test_vectors_get_their_expected_verdicts(endpoints: Endpoints, provider: str) -> None:
    failures = {
        vector["id"]: list(vectors.find_failures(endpoints, vector))
        for vector in read_vectors(VECTORS_FILE)
        if vector["provider"] == provider
    }
    assert {name: failures[name] for name in failures if failures[name]} == {}


@pytest.mark.parametrize("provider", list_providers(PAYLOADS_FOLDER / MANIFEST_NAME, ""))
def test_payloads_become_their_canonical_events(endpoints: Endpoints, provider: str) -> None:
    failures = {
        payload["file"]: list(payloads.find_failures(endpoints, payload))
        for payload in read_payloads(PAYLOADS_FOLDER)
        if payload["provider"] == provider
    }
    assert {name: failures[name] for name in failures if failures[name]} == {}


def test_wrong_verdict_is_counted_and_named(
    endpoints: Endpoints, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    valid = find_shopify_vector()
    wrong = valid | {"id": "wrong", "expect": {"verdict": "reject", "reason": "signature"}}
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps({"vectors": [valid, wrong]}))
    assert report_results(check_path(endpoints, path)) == 1
    report = capsys.readouterr().out
    assert report.startswith("wrong: ")
    assert report.endswith("1 passed, 1 failed\n")


@pytest.mark.parametrize("text", [None, "", "{}", "[]", '{"vectors": []}', '{"vectors": [{}]}'])
def test_unreadable_file_is_a_failure_with_its_name(
    endpoints: Endpoints, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None
) -> None:
    path = tmp_path / "vectors.json"
    if text is not None:
        path.write_text(text)
    assert report_results(check_path(endpoints, path)) == 1
    report = capsys.readouterr().out
    assert report.startswith(f"{path}: ")
    assert report.endswith("0 passed, 1 failed\n")


def test_folder_without_a_manifest_is_a_failure(endpoints: Endpoints, tmp_path: Path) -> None:
    assert report_results(check_path(endpoints, tmp_path)) == 1


def test_incomplete_vector_does_not_stop_the_others(endpoints: Endpoints, tmp_path: Path) -> None:
    valid = find_shopify_vector()
    unknown = valid | {"id": "unknown", "provider": "nobody"}
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps({"vectors": [{"id": "bare"}, unknown, valid]}))
    results = check_path(endpoints, path)
    assert [(name, bool(failures)) for name, failures in results] == [
        ("bare", True),
        ("unknown", True),
        ("D-shopify-valid", False),
    ]


def test_source_without_secret_refuses_an_empty_secret(endpoints: Endpoints) -> None:
    expected = {"verdict": "reject", "reason": "signature"}
    unsigned = find_shopify_vector() | {"secrets": [""], "expect": expected}
    assert list(vectors.find_failures(endpoints, unsigned)) == []


def test_payload_is_found_when_its_folder_is_renamed(tmp_path: Path) -> None:
    (tmp_path / "others" / "line").mkdir(parents=True)
    path = tmp_path / "others" / "line" / "follow.json"
    path.write_text("{}")
    manifest = [{"file": "fixtures/line/follow.json", "provider": "line"}]
    (tmp_path / "others" / "MANIFEST.json").write_text(json.dumps(manifest))
    (payload,) = read_payloads(tmp_path / "others")
    assert payload["path"] == path
