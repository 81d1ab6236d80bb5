"""Published models in their bucket: immutable versions, verified before anybody sees a byte of them."""

from typing import TYPE_CHECKING

import boto3
import msgspec
from botocore.exceptions import ClientError

from regulars.domain.errors import NotFoundError, TamperedArtifactError
from regulars.domain.manifests import Champion, ModelManifest, Outcome, encode, sha256
from regulars.store import schema

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Artifacts:
    """The artifacts bucket: `models/<model>/<version>/…` and each model's last outcome."""

    def __init__(self, bucket: str, client: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._client = client or boto3.client("s3")

    def publish(self, manifest: ModelManifest, files: dict[str, bytes]) -> str:
        """Store a version, its manifest last; returns the manifest's SHA-256 for the champion pointer."""
        for name, content in files.items():
            self._put(schema.model_key(manifest.model, manifest.version, name), content)
        content = encode(manifest)
        self._put(schema.model_key(manifest.model, manifest.version, "manifest.json"), content)
        return sha256(content)

    def manifest(self, model: str, champion: Champion) -> ModelManifest:
        """The champion's manifest; TamperedArtifactError unless its bytes are those that were promoted."""
        content = self._get(schema.model_key(model, champion.version, "manifest.json"))
        _verify(content, champion.manifest_sha256, "manifest.json")
        return msgspec.json.decode(content, type=ModelManifest)

    def file(self, manifest: ModelManifest, name: str) -> bytes:
        """One file of a version; TamperedArtifactError unless its bytes are those its manifest names."""
        content = self._get(schema.model_key(manifest.model, manifest.version, name))
        _verify(content, manifest.files.get(name, ""), name)
        return content

    def conclude(self, outcome: Outcome) -> None:
        """Say how a training ended; this is what starts the scoring."""
        self._put(schema.outcome_key(outcome.model), encode(outcome))

    def outcome(self, key: str) -> Outcome:
        """The outcome under an object key."""
        return msgspec.json.decode(self._get(key), type=Outcome)

    def _put(self, key: str, content: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=content)

    def _get(self, key: str) -> bytes:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            # Without the right to list, S3 tells of a missing object as of a forbidden one.
            if error.response["Error"]["Code"] not in {"NoSuchKey", "AccessDenied"}:
                raise
            raise NotFoundError(f"There is no artifact {key}, or no right to read it.") from None


def _verify(content: bytes, expected: str, name: str) -> None:
    if sha256(content) != expected:
        raise TamperedArtifactError(f"The bytes of {name} are not those that were published.")
