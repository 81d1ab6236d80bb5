"""Connects a provider: stores the source with its answers, and says where the provider has to send.

A provider often shows its secret only once it has the URL. So a source may be stored before its secret: until the secret
is given, the source waits and its senders retry.
"""

import re
from collections.abc import Mapping

import msgspec

from regulars.admin.errors import InvalidSourceNameError, InvalidUrlError, SecretNotNeededError
from regulars.admin.secret_kinds import is_secret_generated
from regulars.admin.setup_answers import find_unknown_fields, parse_config, require_answer
from regulars.admin.sources import (
    SourceState,
    SourceStores,
    add_credentials,
    add_secret,
    build_api_url,
    build_public_url,
    decide_source_state,
    find_source,
    generate_secret,
)
from regulars.channels.contract import Channel
from regulars.channels.registry import load_channel
from regulars.store.parameters import SourceSecrets
from regulars.store.sources import Source

API_URL = "own"  # instead of a URL: the one at the address of the API
_SOURCE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_PUBLIC_URL = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")


class ConnectionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of the owner that connect a channel.

    `answers` are the texts by field. `url` is the public URL where it is not the one of the API, API_URL to return to
    that one, '' to leave it. `secret` is the one of the provider, '' when it is not known yet.
    """

    channel: str
    name: str
    answers: Mapping[str, str] = {}
    url: str = ""
    secret: str = ""


class ConfigChange(msgspec.Struct, frozen=True):
    """One changed field of a source: the old value is None when there was none."""

    field: str
    new: object
    old: object = None


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """A connected source: where the provider sends, and what changed when the source existed before.

    `generated_secret` is the secret that Regulars made for the provider, else ''.
    """

    source: Source
    url: str
    state: SourceState
    existed: bool
    generated_secret: str = ""
    config_changes: list[ConfigChange] = []
    credentials_changed: list[str] = []
    has_secret: bool = False


def connect_source(stores: SourceStores, request: ConnectionRequest) -> Connection:
    """Store a source with its config, credentials and secret, and return where the provider has to send.

    Connecting again keeps what is not given anew, and leaves a disabled source disabled. Raise InvalidSourceNameError,
    InvalidUrlError, SecretNotNeededError, SecretFieldError, MissingAnswerError or InvalidAnswerError before anything is
    stored.
    """
    channel = load_channel(request.channel)
    previous = find_source(stores, request.channel, request.name)
    stored = stores.secrets_of(request.channel, request.name)
    _check_request(channel, request, previous, stored)
    source = _build_source(stores, channel, request, previous)
    credentials = _select_credentials(channel, request.answers)
    is_generated = is_secret_generated(channel) and not (request.secret or stored)
    generated = generate_secret() if is_generated else ""
    stores.sources.save_source(source)
    add_credentials(stores, source, credentials)
    secret = generated or request.secret
    if secret:
        add_secret(stores, source, secret)
    has_secret = bool(secret or stored)
    return Connection(
        source=source,
        url=build_public_url(stores, source, secret or "".join(stored.signing[:1])),
        state=decide_source_state(source, has_secret=has_secret),
        existed=previous is not None,
        generated_secret=generated,
        config_changes=_list_config_changes(previous, source) if previous else [],
        credentials_changed=[*credentials] if previous else [],
        has_secret=has_secret,
    )


def is_source_name(text: str) -> bool:
    """Return whether a text can be the name of a source, which is part of its URL and of the name of its secret."""
    return bool(_SOURCE_NAME.fullmatch(text))


def is_public_url(text: str) -> bool:
    """Return whether a text can be the public URL of a source, or is API_URL."""
    return text == API_URL or bool(_PUBLIC_URL.fullmatch(text))


def finish_connection(stores: SourceStores, connection: Connection, secret: str) -> Connection:
    """Store the secret of the provider, which it showed once it had the URL."""
    add_secret(stores, connection.source, secret)
    state = decide_source_state(connection.source, has_secret=True)
    return msgspec.structs.replace(connection, state=state, has_secret=True)


def require_needed_secret(channel: Channel, secret: str) -> None:
    """Raise SecretNotNeededError when a secret is given to a channel that needs none."""
    if secret and not channel.needs_secret:
        raise SecretNotNeededError(channel.name)


def _check_request(
    channel: Channel, request: ConnectionRequest, previous: Source | None, stored: SourceSecrets
) -> None:
    if not is_source_name(request.name):
        raise InvalidSourceNameError(request.name)
    if request.url and not is_public_url(request.url):
        raise InvalidUrlError(request.url)
    find_unknown_fields(channel, request.answers)
    config = previous.config if previous else {}
    for name, field in channel.config_fields.items():
        require_answer(name, field, request.answers, config)
    for name, credential in channel.credential_fields.items():
        require_answer(name, credential, request.answers, stored.credentials)
    require_needed_secret(channel, request.secret)


def _build_source(
    stores: SourceStores, channel: Channel, request: ConnectionRequest, previous: Source | None
) -> Source:
    source = previous or Source(channel=request.channel, source=request.name)
    api_url = build_api_url(stores, request.channel, request.name)
    # Some providers sign the URL that they were given.
    url = api_url if request.url == API_URL else request.url or source.config.get("url") or api_url
    config = source.config | parse_config(channel, request.answers) | {"url": url}
    return msgspec.structs.replace(source, config=config)


def _select_credentials(channel: Channel, answers: Mapping[str, str]) -> dict[str, str]:
    return {field: answers[field] for field in channel.credential_fields if answers.get(field, "")}


def _list_config_changes(previous: Source, source: Source) -> list[ConfigChange]:
    return [
        ConfigChange(field, value, previous.config.get(field))
        for field, value in sorted(source.config.items())
        if value != previous.config.get(field)
    ]
