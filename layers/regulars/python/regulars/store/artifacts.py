"""Publish and read model versions in the artifacts bucket; verify every file by its SHA-256 before use."""

from typing import TYPE_CHECKING

import boto3
import msgspec
from botocore.exceptions import ClientError

from regulars.domain.errors import NotFoundError, TamperedArtifactError
from regulars.domain.manifests import (
    Champion,
    ModelManifest,
    TrainingOutcome,
    encode_manifest,
    hash_bytes,
)
from regulars.store import schema

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Artifacts:
    """The artifacts bucket: immutable files under `models/<model>/<version>/`, and each model's last outcome."""

    def __init__(self, bucket: str, client: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._client = client or boto3.client("s3")

    def publish_version(self, manifest: ModelManifest, files: dict[str, bytes]) -> str:
        """Store the files of a version, its manifest last; return the manifest's SHA-256 for the champion pointer."""
        for name, content in files.items():
            self._put_object(schema.model_key(manifest.model, manifest.version, name), content)
        content = encode_manifest(manifest)
        key = schema.model_key(manifest.model, manifest.version, "manifest.json")
        self._put_object(key, content)
        return hash_bytes(content)

    def read_manifest(self, model: str, champion: Champion) -> ModelManifest:
        """Return the champion's manifest.

        Raise TamperedArtifactError when its bytes differ from those that were promoted.
        """
        content = self._get_object(schema.model_key(model, champion.version, "manifest.json"))
        _verify_digest(content, champion.manifest_sha256, "manifest.json")
        return msgspec.json.decode(content, type=ModelManifest)

    def read_file(self, manifest: ModelManifest, name: str) -> bytes:
        """Return one file of a version.

        Raise TamperedArtifactError when its bytes differ from those that the manifest names.
        """
        content = self._get_object(schema.model_key(manifest.model, manifest.version, name))
        _verify_digest(content, manifest.files.get(name, ""), name)
        return content

    def write_outcome(self, outcome: TrainingOutcome) -> None:
        """Store the outcome of a training; the new object starts the scoring."""
        self._put_object(schema.outcome_key(outcome.model), encode_manifest(outcome))

    def find_outcome(self, model: str) -> TrainingOutcome | None:
        """Return the outcome of a model's last training; None when it was never trained."""
        try:
            return self.read_outcome(schema.outcome_key(model))
        except NotFoundError:
            return None

    def read_outcome(self, key: str) -> TrainingOutcome:
        """Return the outcome under an object key."""
        return msgspec.json.decode(self._get_object(key), type=TrainingOutcome)

    def _put_object(self, key: str, content: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=content)

    def _get_object(self, key: str) -> bytes:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            # Without the right to list, S3 reports a missing object as a forbidden one.
            if error.response["Error"]["Code"] not in {"NoSuchKey", "AccessDenied"}:
                raise
            message = f"The artifact {key} does not exist, or may not be read."
            raise NotFoundError(message) from None


def _verify_digest(content: bytes, expected: str, name: str) -> None:
    if hash_bytes(content) != expected:
        raise TamperedArtifactError(f"The bytes of {name} are not those that were published.")
