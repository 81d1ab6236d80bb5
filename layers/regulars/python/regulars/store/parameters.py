"""The deployment's secrets in SSM: the pepper, and what each source must not tell; read when first needed."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from regulars.store.clients import ssm

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

KEPT_FOR_SECONDS = 300.0


class SourceSecrets(msgspec.Struct, frozen=True):
    """What a source must not tell: what its deliveries are signed with, newest first, and its channel's credentials."""

    signing: tuple[str, ...] = ()
    credentials: dict[str, str] = {}


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
        self._clock = clock
        self._kept: dict[str, tuple[float, str | None]] = {}

    def pepper(self) -> bytes:
        """The key of every subject key; LookupError when the deployment has none."""
        value = self._value("pepper")
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
        value = self._value(_of_source(channel, source))
        return msgspec.json.decode(value, type=SourceSecrets) if value else SourceSecrets()

    def save(self, channel: str, source: str, secrets: SourceSecrets) -> None:
        """Set a source's secrets; elsewhere they are read within minutes."""
        self._client = self._client or ssm()
        name = _of_source(channel, source)
        self._kept.pop(name, None)
        self._client.put_parameter(
            Name=f"{self._prefix}/{name}",
            Value=msgspec.json.encode(secrets).decode(),
            Type="SecureString",
            Overwrite=True,
        )

    def _value(self, name: str) -> str | None:
        read_at, value = self._kept.get(name, (0.0, None))
        if value is None or self._clock() - read_at >= KEPT_FOR_SECONDS:
            # What is missing is asked for again each time: it may be set at any moment.
            value = self._read(name)
            self._kept[name] = (self._clock(), value)
        return value

    def _read(self, name: str) -> str | None:
        # Made at the first use: an SSM client costs a quarter of a cold start.
        self._client = self._client or ssm()
        try:
            answer = self._client.get_parameter(Name=f"{self._prefix}/{name}", WithDecryption=True)
        except self._client.exceptions.ParameterNotFound:
            return None
        return answer["Parameter"]["Value"]


def _of_source(channel: str, source: str) -> str:
    return f"sources/{channel}/{source}"
