"""Send one HTTPS request to a provider, with limits on time and response size and without following redirects."""

import time
from collections.abc import Mapping
from contextlib import closing
from typing import NamedTuple

import urllib3

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0  # between two chunks of a response
RESPONSE_SECONDS = 90.0  # for the whole response
MAX_RESPONSE_BYTES = 50 * 1024 * 1024  # 250 orders of 200 KB
CHUNK_BYTES = 256 * 1024


class ProviderResponse(NamedTuple):
    """The response of a provider; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class HttpsClient:
    """Sends requests to providers over connections that stay open between requests."""

    def __init__(self) -> None:
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        self._pool = urllib3.PoolManager(timeout=timeout, retries=False)

    def send_request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> ProviderResponse:
        """Return the response, whatever its status; raise OSError without one."""
        if not url.startswith("https://"):
            raise ValueError("Credentials are sent over https only.")
        return self.exchange_bytes(method, url, headers, body)

    def exchange_bytes(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> ProviderResponse:
        """Send a request as `send_request` does, without checking the URL."""
        try:
            response = self._pool.request(
                method, url, headers=headers, body=body, redirect=False, preload_content=False
            )
            # A connection whose response was not read to the end cannot be reused.
            with closing(response):
                content = _read_body(response)
        except urllib3.exceptions.HTTPError as error:
            raise OSError(type(error).__name__) from error
        names = {name.lower(): value for name, value in response.headers.items()}
        return ProviderResponse(response.status, names, content)


def _read_body(response: urllib3.BaseHTTPResponse) -> bytes:
    deadline = time.monotonic() + RESPONSE_SECONDS
    body = bytearray()
    # read1 returns the bytes that arrived. Waiting for a full chunk would let a slow response run without a limit.
    while chunk := response.read1(CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_RESPONSE_BYTES or time.monotonic() > deadline:
            raise OSError("The response is too large or too slow.")
    return bytes(body)
