"""The champion pointer and the chain of digests from it to every file."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from regulars.domain.errors import ConcurrentUpdateError, NotFoundError, TamperedArtifactError
from regulars.domain.manifests import (
    Champion,
    GateDecision,
    ModelManifest,
    TrainingOutcome,
    hash_bytes,
)
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions
from regulars.store.model_registry import ModelRegistry
from tests.support.aws import MotoStack

FILES = {"model.joblib": b"joblib", "scorer.json": b'{"kind":"linear"}'}
MANIFEST = ModelManifest(
    model="churn",
    version="d1-abc",
    dataset_id="d1",
    created_at="2025-06-01T00:00:00.000Z",
    status="ok",
    reason="",
    files={name: hash_bytes(content) for name, content in FILES.items()},
    versions={},
    features=("orders",),
    window={},
    metrics={},
    gate=GateDecision(promote=True, reason=""),
)


@pytest.fixture
def registry(aws: MotoStack) -> ModelRegistry:
    artifacts = Artifacts("test-artifacts", aws.s3)
    champions = Champions("test-control", aws.dynamodb)
    champions.promote_version(
        "churn", MANIFEST.version, artifacts.publish_version(MANIFEST, FILES), None
    )
    return ModelRegistry(artifacts, champions)


def test_champion_is_read_back_whole(registry: ModelRegistry) -> None:
    assert registry.read_champion_manifest("churn") == MANIFEST
    assert registry.read_scorer(MANIFEST) == {"kind": "linear"}


def test_model_without_promotion_has_no_champion(registry: ModelRegistry) -> None:
    assert registry.read_champion_manifest("segments") is None


def test_promotion_stores_the_previous_version(registry: ModelRegistry) -> None:
    present = registry.champions.find_champion("churn")
    assert registry.champions.promote_version("churn", "d2-x", "00", present) == Champion(
        version="d2-x", manifest_sha256="00", rev=2, previous="d1-abc"
    )


@pytest.mark.parametrize("expected", [None, Champion(version="d0", manifest_sha256="00", rev=7)])
def test_promotion_is_refused_after_another_one(
    registry: ModelRegistry, expected: Champion | None
) -> None:
    with pytest.raises(ConcurrentUpdateError):
        registry.champions.promote_version("churn", "d2-x", "00", expected)
    present = registry.champions.find_champion("churn")
    assert present
    assert present.version == "d1-abc"


@pytest.mark.parametrize("name", ["model.joblib", "scorer.json"])
@pytest.mark.parametrize("change", [lambda old: old + b" ", lambda _: b"", lambda old: old[::-1]])
def test_tampered_file_is_refused(
    registry: ModelRegistry, aws: MotoStack, name: str, change: Callable[[bytes], bytes]
) -> None:
    put_file(aws, name, change(FILES[name]))
    with pytest.raises(TamperedArtifactError, match=name):
        registry.artifacts.read_file(MANIFEST, name)


def test_file_the_manifest_does_not_name_is_refused(
    registry: ModelRegistry, aws: MotoStack
) -> None:
    put_file(aws, "extra.joblib", b"joblib")
    with pytest.raises(TamperedArtifactError):
        registry.artifacts.read_file(MANIFEST, "extra.joblib")


def test_manifest_rewritten_to_fit_tampered_files_is_refused(
    registry: ModelRegistry, aws: MotoStack
) -> None:
    forged = msgspec.structs.replace(MANIFEST, files={"model.joblib": hash_bytes(b"evil")})
    put_file(aws, "manifest.json", msgspec.json.encode(forged, order="deterministic"))
    with pytest.raises(TamperedArtifactError, match=r"manifest\.json"):
        registry.read_champion_manifest("churn")


def test_deleted_artifact_is_not_found(registry: ModelRegistry, aws: MotoStack) -> None:
    aws.s3.delete_object(Bucket="test-artifacts", Key="models/churn/d1-abc/scorer.json")
    with pytest.raises(NotFoundError):
        registry.read_scorer(MANIFEST)


def test_outcome_is_stored_under_its_model(registry: ModelRegistry) -> None:
    outcome = TrainingOutcome(
        model="churn",
        dataset_id="d1",
        version="d1-abc",
        promoted=True,
        status="ok",
        reason="First.",
    )
    registry.artifacts.write_outcome(outcome)
    assert registry.artifacts.read_outcome("models/churn/outcome.json") == outcome


def put_file(aws: MotoStack, name: str, content: bytes) -> Any:
    return aws.s3.put_object(
        Bucket="test-artifacts", Key=f"models/churn/d1-abc/{name}", Body=content
    )
