"""Lists the connected sources, and changes their secrets and their state."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self
from urllib.parse import quote, urlencode

import msgspec

from regulars.admin.deployment import Deployment
from regulars.admin.errors import SecretNotNeededError, SecretRequiredError, SourceNotFoundError
from regulars.admin.reconciliation import ReconciliationStatus, read_status
from regulars.admin.secret_kinds import find_secret_question, find_url_parameter
from regulars.channels.registry import load_channel
from regulars.store.parameters import Parameters, SourceSecrets
from regulars.store.reconciliations import Reconciliations
from regulars.store.sources import Source, Sources

MAX_LIVE_SECRETS = 2  # of a source: the newest and the one before, so that no delivery is refused
SECRET_BYTES = 24

type SourceState = Literal["on", "waiting", "disabled"]


@dataclass(frozen=True, kw_only=True)
class SourceStores:
    """The stores of the sources of a deployment, and the URL of the API that receives their deliveries."""

    sources: Sources
    parameters: Parameters
    reconciliations: Reconciliations
    api_url: str

    @classmethod
    def from_deployment(cls, deployment: Deployment) -> Self:
        """Open the stores of a deployment."""
        return cls(
            sources=Sources(deployment.control_table),
            parameters=Parameters(deployment.parameters_prefix),
            reconciliations=Reconciliations(deployment.control_table),
            api_url=deployment.api_url,
        )

    def secrets_of(self, channel: str, name: str) -> SourceSecrets:
        """Return the live secrets and the credentials of a source."""
        return self.parameters.read_source_secrets(channel, name)


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a source without its secrets: their number, and the names of the credentials."""

    source: Source
    state: SourceState
    url: str
    live_secrets: int
    credential_names: list[str]
    reconciliation: ReconciliationStatus | None


class RotatedSecret(msgspec.Struct, frozen=True):
    """The URL of the source after a rotation; `generated` is the secret that Regulars made, '' for a given one."""

    url: str
    generated: str


def list_sources(stores: SourceStores) -> list[SourceStatus]:
    """Return the status of all sources, disabled ones too, by channel and name."""
    return [_read_status(stores, source) for source in stores.sources.list_sources()]


def find_source(stores: SourceStores, channel: str, name: str) -> Source | None:
    """Return a source, disabled or not; None when there is none."""
    sources = stores.sources.list_sources()
    id_ = (channel, name)
    return next((source for source in sources if (source.channel, source.source) == id_), None)


def require_source(stores: SourceStores, channel: str, name: str) -> Source:
    """Return a source, disabled or not; raise SourceNotFoundError when there is none."""
    source = find_source(stores, channel, name)
    if source is None:
        raise SourceNotFoundError(channel, name)
    return source


def create_source(stores: SourceStores, channel: str, name: str) -> str:
    """Create a source with a generated secret, and return the secret."""
    secret = generate_secret()
    source = Source(channel=channel, source=name)
    stores.sources.save_source(source)
    add_secret(stores, source, secret)
    return secret


def disable_source(stores: SourceStores, channel: str, name: str) -> Source:
    """Refuse the deliveries of a source from now on, everywhere within ten seconds, and store them as rejects."""
    return _save_disabled(stores, channel, name, disabled=True)


def enable_source(stores: SourceStores, channel: str, name: str) -> Source:
    """Accept the deliveries of a source again, everywhere within ten seconds."""
    return _save_disabled(stores, channel, name, disabled=False)


def rotate_secret(stores: SourceStores, channel: str, name: str, secret: str = "") -> RotatedSecret:
    """Make a given or a generated secret the newest one of a source; the one before stays valid.

    Raise SourceNotFoundError, SecretNotNeededError, or SecretRequiredError when the provider makes the secret.
    """
    source = require_source(stores, channel, name)
    if not secret:
        require_generated_secret(channel)
    generated = "" if secret else generate_secret()
    add_secret(stores, source, secret or generated)
    return RotatedSecret(build_public_url(stores, source, secret or generated), generated)


def require_generated_secret(channel: str) -> None:
    """Raise SecretNotNeededError or SecretRequiredError unless Regulars makes the secrets of the channel."""
    contract = load_channel(channel)
    if not contract.needs_secret:
        raise SecretNotNeededError(channel)
    if question := find_secret_question(contract):
        raise SecretRequiredError(channel, question)


def generate_secret() -> str:
    """Return a new random secret."""
    return secrets.token_urlsafe(SECRET_BYTES)


def add_secret(stores: SourceStores, source: Source, secret: str) -> None:
    """Store a secret as the newest one of a source; the one before stays valid."""
    stored = stores.secrets_of(source.channel, source.source)
    previous = tuple(signing for signing in stored.signing if signing != secret)
    signing = (secret, *previous)[:MAX_LIVE_SECRETS]
    changed = msgspec.structs.replace(stored, signing=signing)
    stores.parameters.save_source_secrets(source.channel, source.source, changed)


def add_credentials(stores: SourceStores, source: Source, credentials: Mapping[str, str]) -> None:
    """Store credentials of a source; those that are not given stay as they are."""
    if not credentials:
        return
    stored = stores.secrets_of(source.channel, source.source)
    changed = msgspec.structs.replace(stored, credentials=stored.credentials | dict(credentials))
    stores.parameters.save_source_secrets(source.channel, source.source, changed)


def decide_source_state(source: Source, *, has_secret: bool) -> SourceState:
    """Return `on`, `waiting` (for its secret) or `disabled`."""
    if source.disabled:
        return "disabled"
    is_verifiable = has_secret or not load_channel(source.channel).needs_secret
    return "on" if is_verifiable else "waiting"


def build_public_url(stores: SourceStores, source: Source, secret: str = "") -> str:
    """Return the URL to which the provider sends; it carries the secret when the provider signs nothing."""
    url = str(source.config.get("url") or build_api_url(stores, source.channel, source.source))
    parameter = find_url_parameter(load_channel(source.channel))
    return f"{url}?{urlencode({parameter: secret})}" if parameter and secret else url


def build_api_url(stores: SourceStores, channel: str, name: str) -> str:
    """Return the URL of a source at the address of the API."""
    return f"{stores.api_url}/hooks/{quote(channel)}/{quote(name)}"


def _read_status(stores: SourceStores, source: Source) -> SourceStatus:
    stored = stores.secrets_of(source.channel, source.source)
    return SourceStatus(
        source=source,
        state=decide_source_state(source, has_secret=bool(stored)),
        url=build_public_url(stores, source),
        live_secrets=len(stored.signing),
        credential_names=sorted(stored.credentials),
        reconciliation=read_status(stores.reconciliations, source),
    )


def _save_disabled(stores: SourceStores, channel: str, name: str, *, disabled: bool) -> Source:
    source = require_source(stores, channel, name)
    changed = msgspec.structs.replace(source, disabled=disabled)
    stores.sources.save_source(changed)
    return changed
