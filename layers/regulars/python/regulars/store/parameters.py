"""Read the deployment's secrets from SSM at their first use: the pepper, and the secrets of each source."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from regulars.domain.timed_cache import TimedCache
from regulars.store.clients import create_ssm_client

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

CACHE_SECONDS = 300.0


class SourceSecrets(msgspec.Struct, frozen=True):
    """The secrets of one source: those that sign its deliveries, newest first, and its channel's credentials."""

    signing: tuple[str, ...] = ()
    credentials: dict[str, str] = {}

    def __bool__(self) -> bool:
        """Return whether a delivery can be verified."""
        return any(self.signing)


class Parameters:
    """SecureStrings under one prefix; a container keeps each for five minutes."""

    def __init__(
        self,
        prefix: str,
        client: "SSMClient | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._prefix = prefix
        self._client = client
        self._deployment = TimedCache[str | None](CACHE_SECONDS, clock)
        self._sources = TimedCache[SourceSecrets](CACHE_SECONDS, clock)

    def read_pepper(self) -> bytes:
        """Return the key of all subject keys; raise LookupError when the deployment has none."""
        value = self._deployment.get("pepper", self._read_parameter)
        if not value:
            raise LookupError(f"The parameter {self._prefix}/pepper is missing.")
        return value.encode()

    def read_signing_secrets(self, channel: str, source: str) -> tuple[str, ...]:
        """Return the live signing secrets of a source, newest first; blank ones are left out."""
        return tuple(filter(None, self.read_source_secrets(channel, source).signing))

    def read_credentials(self, channel: str, source: str) -> dict[str, str]:
        """Return the credentials of a source, by the names that its channel gives them."""
        return self.read_source_secrets(channel, source).credentials

    def read_source_secrets(self, channel: str, source: str) -> SourceSecrets:
        """Return all secrets of a source."""
        name = _source_parameter_name(channel, source)
        return self._sources.get(name, self._read_source_parameter)

    def renew_source_secrets(self, channel: str, source: str) -> None:
        """Read the secrets of a source again, at most once in half a minute."""
        name = _source_parameter_name(channel, source)
        self._sources.renew(name, self._read_source_parameter)

    def save_source_secrets(self, channel: str, source: str, secrets: SourceSecrets) -> None:
        """Store the secrets of a source; other containers read them within minutes."""
        self._client = self._client or create_ssm_client()
        name = _source_parameter_name(channel, source)
        self._sources.forget(name)
        self._client.put_parameter(
            Name=f"{self._prefix}/{name}",
            Value=msgspec.json.encode(secrets).decode(),
            Type="SecureString",
            Overwrite=True,
        )

    def _read_source_parameter(self, name: str) -> SourceSecrets:
        value = self._read_parameter(name)
        return msgspec.json.decode(value, type=SourceSecrets) if value else SourceSecrets()

    def _read_parameter(self, name: str) -> str | None:
        # Created at the first use: an SSM client costs a quarter of a cold start.
        self._client = self._client or create_ssm_client()
        full_name = f"{self._prefix}/{name}"
        try:
            response = self._client.get_parameter(Name=full_name, WithDecryption=True)
        except self._client.exceptions.ParameterNotFound:
            return None
        return response["Parameter"]["Value"]


def _source_parameter_name(channel: str, source: str) -> str:
    return f"sources/{channel}/{source}"
