"""The deployment's secrets in SSM: the pepper, and what each source must not tell; read when first needed."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from regulars.domain.timed_cache import TimedCache
from regulars.store.clients import ssm

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

CACHE_SECONDS = 300.0


class SourceSecrets(msgspec.Struct, frozen=True):
    """What a source must not tell: what its deliveries are signed with, newest first, and its channel's credentials."""

    signing: tuple[str, ...] = ()
    credentials: dict[str, str] = {}

    def __bool__(self) -> bool:
        """Whether a delivery can be verified."""
        return any(self.signing)


class Parameters:
    """SecureStrings under one prefix, each kept in the container for five minutes."""

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

    def pepper(self) -> bytes:
        """The key of every subject key; LookupError when the deployment has none."""
        value = self._deployment.get("pepper", self._read)
        if not value:
            raise LookupError(f"The parameter {self._prefix}/pepper is missing.")
        return value.encode()

    def secrets(self, channel: str, source: str) -> tuple[str, ...]:
        """The live secrets of a source, newest first; none when the source has none. A blank one is no secret."""
        return tuple(filter(None, self.of_source(channel, source).signing))

    def credentials(self, channel: str, source: str) -> dict[str, str]:
        """What else the source must not tell, by the names its channel gives them."""
        return self.of_source(channel, source).credentials

    def of_source(self, channel: str, source: str) -> SourceSecrets:
        """All of a source's secrets."""
        return self._sources.get(_name(channel, source), self._read_source)

    def renew(self, channel: str, source: str) -> None:
        """Read a source's secrets again, at most once in half a minute."""
        self._sources.renew(_name(channel, source), self._read_source)

    def save(self, channel: str, source: str, secrets: SourceSecrets) -> None:
        """Set a source's secrets; elsewhere they are read within minutes."""
        self._client = self._client or ssm()
        name = _name(channel, source)
        self._sources.forget(name)
        self._client.put_parameter(
            Name=f"{self._prefix}/{name}",
            Value=msgspec.json.encode(secrets).decode(),
            Type="SecureString",
            Overwrite=True,
        )

    def _read_source(self, name: str) -> SourceSecrets:
        value = self._read(name)
        return msgspec.json.decode(value, type=SourceSecrets) if value else SourceSecrets()

    def _read(self, name: str) -> str | None:
        # Made at the first use: an SSM client costs a quarter of a cold start.
        self._client = self._client or ssm()
        try:
            answer = self._client.get_parameter(Name=f"{self._prefix}/{name}", WithDecryption=True)
        except self._client.exceptions.ParameterNotFound:
            return None
        return answer["Parameter"]["Value"]


def _name(channel: str, source: str) -> str:
    return f"sources/{channel}/{source}"
