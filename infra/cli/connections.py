"""What the commands about sources share: a source's state, its URL, its two live secrets and its credentials."""

import secrets
from urllib.parse import quote, urlencode

import msgspec

from infra.cli.stack import Stack
from infra.local.faults import FaultError
from regulars.channels.contract import GeneratedSecret
from regulars.channels.registry import load_channel
from regulars.settings import ReceiveWebhookSettings
from regulars.store.parameters import Parameters, SourceSecrets
from regulars.store.sources import Source, Sources

LIVE = 2  # secrets of a source that are good at once


def sources_of(deployed: Stack) -> Sources:
    """The sources of a deployment."""
    return Sources(deployed.settings(ReceiveWebhookSettings).control_table)


def known(deployed: Stack, channel: str, name: str) -> Source | None:
    """The source of this name, disabled or not; None when there is none."""
    listed = sources_of(deployed).list_sources()
    return next((one for one in listed if (one.channel, one.source) == (channel, name)), None)


def found(deployed: Stack, channel: str, name: str) -> Source:
    """The source of this name, disabled or not; FaultError when there is none."""
    source = known(deployed, channel, name)
    if source is None:
        raise FaultError(f"There is no source {channel}/{name}.", "See `regulars sources list`.")
    return source


def created(deployed: Stack, channel: str, name: str) -> str:
    """A new source with a secret of ours, which is returned."""
    secret = made_up()
    sources_of(deployed).save_source(Source(channel=channel, source=name))
    add_secret(deployed, channel, name, secret)
    return secret


def secrets_of(deployed: Stack, channel: str, name: str) -> SourceSecrets:
    """The secrets that are good now, and the credentials."""
    return _parameters(deployed).read_source_secrets(channel, name)


def add_secret(deployed: Stack, channel: str, name: str, secret: str) -> None:
    """Put a secret first; the one before stays good, so that nothing is lost."""
    known_ones = secrets_of(deployed, channel, name)
    signing = (secret, *(one for one in known_ones.signing if one != secret))[:LIVE]
    _save(deployed, channel, name, msgspec.structs.replace(known_ones, signing=signing))


def add_credentials(deployed: Stack, channel: str, name: str, given: dict[str, str]) -> None:
    """Keep what else the source must not tell; what is not given anew stays."""
    if not given:
        return
    known_ones = secrets_of(deployed, channel, name)
    credentials = known_ones.credentials | given
    _save(deployed, channel, name, msgspec.structs.replace(known_ones, credentials=credentials))


def made_up() -> str:
    """A new secret of ours."""
    return secrets.token_urlsafe(24)


def state(source: Source, *, has_secret: bool) -> str:
    """`on`, `waiting` for its secret, or `disabled`."""
    if source.disabled:
        return "disabled"
    return "on" if has_secret or not load_channel(source.channel).needs_secret else "waiting"


def public_url(deployed: Stack, source: Source, secret: str = "") -> str:
    """Where the provider is to send; with the secret in it for a provider that signs nothing."""
    own = own_url(deployed, source.channel, source.source)
    url = str(source.config.get("url") or own)
    match load_channel(source.channel).secret:
        case GeneratedSecret(url_parameter=parameter) if parameter and secret:
            return f"{url}?{urlencode({parameter: secret})}"
    return url


def own_url(deployed: Stack, channel: str, name: str) -> str:
    """The URL of a source at the API's own address."""
    return f"{deployed.api_url}/hooks/{quote(channel)}/{quote(name)}"


def _save(deployed: Stack, channel: str, name: str, kept: SourceSecrets) -> None:
    _parameters(deployed).save_source_secrets(channel, name, kept)


def _parameters(deployed: Stack) -> Parameters:
    return Parameters(deployed.settings(ReceiveWebhookSettings).parameters_prefix)
