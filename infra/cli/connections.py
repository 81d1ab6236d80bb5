"""What the commands about sources share: a source's URL, its two live secrets, and how its secret is named to its owner."""

import secrets
from typing import Any
from urllib.parse import quote, urlencode

from infra.cli.stack import Stack
from infra.local.faults import FaultError
from regulars.channels import CHANNELS, channel_of
from regulars.settings import ReceiveWebhookSettings
from regulars.store.parameters import Parameters, SourceSecrets
from regulars.store.sources import Source, Sources

LIVE = 2  # secrets of a source that are good at once


def sources_of(deployed: Stack) -> Sources:
    """The sources of a deployment."""
    return Sources(deployed.settings(ReceiveWebhookSettings).control_table)


def found(deployed: Stack, channel: str, name: str) -> Source:
    """The source of this name, disabled or not; FaultError when there is none."""
    for source in sources_of(deployed).list():
        if (source.channel, source.source) == (channel, name):
            return source
    raise FaultError(f"There is no source {channel}/{name}.", "See `regulars sources list`.")


def secrets_of(deployed: Stack, channel: str, name: str) -> SourceSecrets:
    """The secrets that are good now, and the credentials."""
    return _parameters(deployed).of_source(channel, name)


def add_secret(deployed: Stack, channel: str, name: str, secret: str | None) -> str:
    """Put a secret first, a made-up one when there is none; the one before stays good, so that nothing is lost."""
    secret = secret or secrets.token_urlsafe(24)
    known = secrets_of(deployed, channel, name)
    signing = (secret, *(one for one in known.signing if one != secret))
    save_secrets(deployed, channel, name, signing, known.credentials)
    return secret


def add_credentials(deployed: Stack, channel: str, name: str, given: dict[str, str]) -> None:
    """Keep what the source must not tell; what is not given anew stays."""
    known = secrets_of(deployed, channel, name)
    save_secrets(deployed, channel, name, known.signing, known.credentials | given)


def save_secrets(
    deployed: Stack,
    channel: str,
    name: str,
    signing: tuple[str, ...],
    credentials: dict[str, str],
) -> None:
    """Keep these, the newest two of those that sign."""
    _parameters(deployed).save(channel, name, SourceSecrets(signing[:LIVE], credentials))


def public_url(deployed: Stack, source: Source, secret: str = "") -> str:
    """Where the provider is to send; with the secret in it for a provider that signs nothing."""
    own = own_url(deployed, source.channel, source.source)
    url = str(source.config.get("url") or own)
    parameter = trait(source.channel, "IN_URL", "")
    return f"{url}?{urlencode({parameter: secret})}" if parameter and secret else url


def own_url(deployed: Stack, channel: str, name: str) -> str:
    """The URL of a source at the API's own address."""
    return f"{deployed.api_url}/hooks/{quote(channel)}/{quote(name)}"


def trait(channel: str, name: str, default: Any) -> Any:
    """Something a channel's module may say of itself."""
    return getattr(channel_of(channel), name, default)


def page(channel: str) -> list[str]:
    """What to click in the provider and what is kept: the channel's own words."""
    return str(channel_of(channel).__doc__).strip().splitlines()


def channel_names() -> list[str]:
    """Every channel there is."""
    return sorted(CHANNELS)


def _parameters(deployed: Stack) -> Parameters:
    return Parameters(deployed.settings(ReceiveWebhookSettings).parameters_prefix)
