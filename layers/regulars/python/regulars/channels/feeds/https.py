"""Send one HTTPS request to a provider, with limits on time and response size and without following redirects."""

import time
from collections.abc import Mapping
from typing import NamedTuple

import urllib3

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0  # between two pieces of an answer
ANSWER_SECONDS = 90.0  # for all of it
LARGEST = 50 * 1024 * 1024  # 250 orders of 200 KB
PIECE = 256 * 1024


class Answer(NamedTuple):
    """What came back; header names are lower-cased."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """Connections to providers, kept open between requests."""

    def __init__(self) -> None:
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        self._pool = urllib3.PoolManager(timeout=timeout, retries=False)

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """The answer whatever its status; OSError when there is none."""
        if not url.startswith("https://"):
            raise ValueError("Credentials are sent over https only.")
        return self.exchange(method, url, headers, body)

    def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        """As `request`, without looking where it goes."""
        try:
            response = self._pool.request(
                method, url, headers=headers, body=body, redirect=False, preload_content=False
            )
            try:
                read = _read(response)
            finally:
                # What was not read to its end cannot be used again.
                response.close()
        except urllib3.exceptions.HTTPError as error:
            raise OSError(type(error).__name__) from error
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, names, read)


def _read(response: urllib3.BaseHTTPResponse) -> bytes:
    deadline = time.monotonic() + ANSWER_SECONDS
    read = bytearray()
    # What has come so far: to wait for a whole piece would let an answer drip for ever.
    while piece := response.read1(PIECE):
        read += piece
        if len(read) > LARGEST or time.monotonic() > deadline:
            raise OSError("The answer is too large or too slow.")
    return bytes(read)
