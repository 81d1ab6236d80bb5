"""Call a provider's API: wait for rate limits, retry transient errors, and report permanent errors clearly."""

import random
import time
from collections.abc import Callable, Iterable, Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

import msgspec

from regulars.channels.feeds.contract import (
    CursorLostError,
    FeedError,
    config_error,
    response_error,
)
from regulars.channels.feeds.https import HttpsClient, ProviderResponse
from regulars.domain.times import to_text

MAX_ATTEMPTS = 6
FIRST_WAIT_SECONDS = 1.0  # doubled at each attempt
MAX_WAIT_SECONDS = 60.0
RETRY_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
KEY_REFUSED_STATUSES = frozenset({401, 402, 403})
# The statuses for a cursor that the provider no longer knows.
CURSOR_LOST_STATUSES = frozenset({400, 404, 410, 422})
REDIRECT_STATUSES = range(300, 400)
OK_STATUS = 200

type Query = Iterable[tuple[str, str]]


class ProviderApi:
    """Sends the requests of all feeds; `seconds_left` returns how long it may still wait for a response."""

    def __init__(
        self,
        client: HttpsClient,
        seconds_left: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._seconds_left = seconds_left
        self._sleep = sleep

    def get(
        self, url: str, query: Query, headers: Mapping[str, str], *, has_cursor: bool = False
    ) -> ProviderResponse:
        """Return the response to a GET request; `has_cursor` says whether the query contains a cursor.

        Raise CursorLostError if the provider no longer knows the cursor, FeedError without a usable response.
        """
        response = self._send_with_retries("GET", f"{url}?{urlencode(list(query))}", headers, None)
        if has_cursor and response.status in CURSOR_LOST_STATUSES:
            raise CursorLostError("The provider no longer knows the cursor.")
        return check_response(response)

    def post(self, url: str, body: Mapping[str, str]) -> ProviderResponse:
        """Return the response to a POST request with a JSON body, such as a request for a token."""
        headers = {"content-type": "application/json", "accept": "application/json"}
        return check_response(
            self._send_with_retries("POST", url, headers, msgspec.json.encode(body))
        )

    def pause(self, seconds: float) -> None:
        """Wait as the provider requests; raise FeedError(busy) if there is no time left for it."""
        if seconds > min(MAX_WAIT_SECONDS, self._seconds_left()):
            raise FeedError("The provider limits requests. The next run tries again.", "busy")
        self._sleep(seconds)

    def _send_with_retries(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> ProviderResponse:
        outcome, wait_seconds = "did not answer", 0.0
        for attempt in range(MAX_ATTEMPTS):
            if attempt:
                self.pause(wait_seconds)
            try:
                response = self._client.send_request(method, url, headers, body)
            except OSError:
                wait_seconds = _backoff_seconds(attempt)
                continue
            if response.status not in RETRY_STATUSES:
                return response
            outcome, wait_seconds = f"answered {response.status}", _retry_seconds(response, attempt)
        raise FeedError(f"The provider {outcome}, {MAX_ATTEMPTS} times. The next run tries again.")


def check_response(response: ProviderResponse) -> ProviderResponse:
    """Return a response with status 200; raise FeedError with what the owner can do for any other."""
    if response.status == OK_STATUS:
        return response
    if response.status in KEY_REFUSED_STATUSES:
        message = (
            f"The provider rejects the key, or the key lacks a permission ({response.status})."
        )
        raise FeedError(message, "key_refused")
    if response.status in REDIRECT_STATUSES:
        raise config_error("The provider redirects to another URL. Configure its current address.")
    raise response_error(f"The provider answered {response.status}.")


def decode_response[T](body: bytes, type_: type[T]) -> T:
    """Return the JSON of a response; raise FeedError(unexpected_answer) for anything else, such as an HTML page."""
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise response_error("The provider's response is not valid.") from None


def response_time(response: ProviderResponse) -> str:
    """Return the time of the provider's clock; '' if the response does not contain it."""
    try:
        return to_text(parsedate_to_datetime(response.headers.get("date", "")))
    except ValueError:
        return ""


def _retry_seconds(response: ProviderResponse, attempt: int) -> float:
    """Return the wait that the provider requests in seconds, and at least the backoff."""
    try:
        requested = float(response.headers.get("retry-after", ""))
    except ValueError:
        requested = 0.0
    # A value that is no number of seconds, and NaN, compare as less than the backoff.
    return requested if requested > (backoff := _backoff_seconds(attempt)) else backoff


def _backoff_seconds(attempt: int) -> float:
    """Return a wait that doubles with each attempt, with jitter, so that sources do not retry in step."""
    max_seconds: float = FIRST_WAIT_SECONDS * 2**attempt
    return random.uniform(max_seconds / 2, max_seconds)  # noqa: S311 (no secret)
