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
    misconfigured,
    unexpected,
)
from regulars.channels.feeds.https import Answer, Wire
from regulars.domain.times import to_text

ATTEMPTS = 6
FIRST_WAIT_SECONDS = 1.0  # doubled at each attempt
LONGEST_WAIT_SECONDS = 60.0
RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
REFUSED = frozenset({401, 402, 403})
# What a provider says of a cursor that it no longer knows.
LOST = frozenset({400, 404, 410, 422})
REDIRECTS = range(300, 400)
OK = 200

type Query = Iterable[tuple[str, str]]


class Provider:
    """What every feed asks through; `seconds_left` is how long it may still wait for an answer."""

    def __init__(
        self,
        wire: Wire,
        seconds_left: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._wire = wire
        self._seconds_left = seconds_left
        self._sleep = sleep

    def get(
        self, url: str, query: Query, headers: Mapping[str, str], *, resumed: bool = False
    ) -> Answer:
        """The answer to a question; `resumed` when it holds a cursor. FeedError when there is none to use."""
        answer = self._answer("GET", f"{url}?{urlencode(list(query))}", headers, None)
        if resumed and answer.status in LOST:
            raise CursorLostError("The provider no longer knows where we were.")
        return checked(answer)

    def post(self, url: str, body: Mapping[str, str]) -> Answer:
        """The answer to what is sent as JSON, such as a request for a token."""
        headers = {"content-type": "application/json", "accept": "application/json"}
        return checked(self._answer("POST", url, headers, msgspec.json.encode(body)))

    def pause(self, seconds: float) -> None:
        """Wait because the provider asks for it, if there is time; FeedError(busy) when there is not."""
        if seconds > min(LONGEST_WAIT_SECONDS, self._seconds_left()):
            raise FeedError("The provider asked for patience; it is asked again later.", "busy")
        self._sleep(seconds)

    def _answer(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        said, wait = "did not answer", 0.0
        for attempt in range(ATTEMPTS):
            if attempt:
                self.pause(wait)
            try:
                answer = self._wire.request(method, url, headers, body)
            except OSError:
                wait = _backed_off(attempt)
                continue
            if answer.status not in RETRIED:
                return answer
            said, wait = f"answered {answer.status}", _asked_wait(answer, attempt)
        raise FeedError(f"The provider {said}, {ATTEMPTS} times; it is asked again later.")


def checked(answer: Answer) -> Answer:
    """The answer when it is one; FeedError with what the owner can do about it."""
    if answer.status == OK:
        return answer
    if answer.status in REFUSED:
        message = f"The provider refuses the key, or the key may not read this ({answer.status})."
        raise FeedError(message, "key_refused")
    if answer.status in REDIRECTS:
        raise misconfigured("The provider has moved elsewhere; set its address anew.")
    raise unexpected(f"The provider answered {answer.status}.")


def decoded[T](body: bytes, type_: type[T]) -> T:
    """The JSON of an answer; FeedError(unexpected_answer) for anything else, such as a page of maintenance."""
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise unexpected("The provider's answer cannot be read.") from None


def told_at(answer: Answer) -> str:
    """What time the provider has, '' when it does not say."""
    try:
        return to_text(parsedate_to_datetime(answer.headers.get("date", "")))
    except ValueError:
        return ""


def _asked_wait(answer: Answer, attempt: int) -> float:
    """What the provider asks for in seconds, or else what is polite."""
    try:
        asked = float(answer.headers.get("retry-after", ""))
    except ValueError:
        asked = 0.0
    # Whatever is no number of seconds, NaN too, is less than what is polite.
    return asked if asked > (polite := _backed_off(attempt)) else polite


def _backed_off(attempt: int) -> float:
    """Doubled at each attempt; with jitter, so that shops do not knock in step."""
    longest: float = FIRST_WAIT_SECONDS * 2**attempt
    return random.uniform(longest / 2, longest)  # noqa: S311 (no secret)
