"""Look up the configuration and the secrets of a webhook's source."""

from collections.abc import Callable, Sequence

import msgspec

from regulars.channels.contract import Request
from regulars.channels.registry import CHANNELS
from regulars.domain.errors import (
    NotFoundError,
    PayloadTooLargeError,
    SignatureError,
    SourceDisabledError,
)
from regulars.store.parameters import Parameters
from regulars.store.sources import Source, Sources

MAX_BODY_BYTES = 4 * 1024 * 1024  # far over what any provider sends; Lambda itself takes 6 MB
MAX_SOURCE_CHARACTERS = 128  # a key of the store holds 2 KB


class WebhookSources:
    """Adds a source's configuration to a request, and checks the request against the source's secrets."""

    def __init__(self, sources: Sources, parameters: Parameters) -> None:
        self._sources = sources
        self._parameters = parameters

    def configure_request(self, channel: str, request: Request) -> Request:
        """Return the request with its source's configuration and credentials.

        Raise NotFoundError when there is no such source, SourceDisabledError, or PayloadTooLargeError when the body is
        over the limit.
        """
        may_exist = channel in CHANNELS and len(request.source) <= MAX_SOURCE_CHARACTERS
        source = self._sources.find_source(channel, request.source) if may_exist else None
        if source is None:
            raise NotFoundError("There is no such source.")
        if source.disabled:
            raise SourceDisabledError
        if len(request.body) > MAX_BODY_BYTES:
            raise PayloadTooLargeError("A delivery holds at most 4 MB.")
        return self._add_config(request, source)

    def find_secrets(self, channel: str, request: Request) -> tuple[str, ...]:
        """Return the live secrets of the request's source, newest first."""
        return self._parameters.read_signing_secrets(channel, request.source)

    def check_request[Result](
        self, channel: str, request: Request, check: Callable[[Request, Sequence[str]], Result]
    ) -> tuple[Request, Result]:
        """Return the request and the result of `check(request, secrets)`.

        After a SignatureError read the source again, and repeat the check when its configuration or its secrets have
        changed since they were cached.
        """
        secrets = self.find_secrets(channel, request)
        try:
            return request, check(request, secrets)
        except SignatureError:
            newer_request, newer_secrets = self._read_again(channel, request)
            if (newer_request, newer_secrets) == (request, secrets):
                raise
        return newer_request, check(newer_request, newer_secrets)

    def _read_again(self, channel: str, request: Request) -> tuple[Request, tuple[str, ...]]:
        self._parameters.renew_source_secrets(channel, request.source)
        source = self._sources.renew_source(channel, request.source)
        newer_request = self._add_config(request, source) if source else request
        return newer_request, self.find_secrets(channel, request)

    def _add_config(self, request: Request, source: Source) -> Request:
        config = source.config | self._parameters.read_credentials(source.channel, source.source)
        url = config.get("url") or request.url
        return msgspec.structs.replace(request, config=config, url=url)
