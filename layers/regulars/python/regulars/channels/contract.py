"""What every channel keeps to: a delivery comes in as a Request, and leaves as Drafts of events.

A channel is a module with

* `CHANNEL`, the name in its sources and in the path of its webhook,
* `verify(request, secrets, now)`, which raises SignatureError and
* `translate(request) -> list[Draft]`, which raises InvalidRequestError for what cannot be read and
  InvalidEventError for what can be read and never accepted.

It may have, where its provider needs it,

* `answer(request, secrets, now) -> Reply | None`, asked before `verify`: a handshake or a probe that is answered and
  not recorded. It checks by itself what must be checked; its SignatureError is a 403.
* `REPLY`, what a delivery that was taken is answered with,
* `sample(blank, secret) -> Request | None`, the blank request filled with a signed delivery that counts nowhere; None
  when this secret cannot sign,
* `SIGNING_KEY`, what to ask the owner for when the provider makes the secret; without it we make one up for the provider;
  None when no secret is needed,
* `IN_URL`, the query parameter in which that secret stands in the URL, for a provider that signs nothing,
* `ASKS`, further fields of its sources' `config`: each name with the question for it,
* `SPELLED`, for fields of those that deliveries name, too: each name with what makes their spelling of an answer;
  ValueError when it is none,
* `CREDENTIALS`, fields of `config` that are secret and kept with the signing secrets: each name with the question for it.

A question that ends in "(optional)" may be left unanswered.

Its docstring is its page: the first line says what it takes in, the rest what to click and what is kept.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Event
from regulars.domain.identifiers import Identifier


class Request(msgspec.Struct, frozen=True):
    """One delivery as it came: header names are lower-cased, `body` is the very bytes that were sent.

    `source` is the id of ours under which the shop set the channel up, `config` what it set, credentials
    too. `url` is the public URL
    without its query, as set up (`url` in `config`) or as asked for. `certificates` fetches what is at a URL, without
    following redirects; only after the whole URL was matched with the provider's own.
    """

    source: str
    body: bytes
    received_at: datetime
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    config: dict[str, Any] = {}
    default_country: str = ""
    default_currency: str = ""
    method: str = "POST"
    url: str = ""
    raw_query: str = ""
    certificates: Callable[[str], bytes] | None = None


class Reply(msgspec.Struct, frozen=True):
    """What a provider is answered when it expects more than a 200."""

    status: int = 200
    body: str = ""
    content_type: str = "text/plain"


class Draft(msgspec.Struct, frozen=True):
    """An event as a channel tells it: `event` says what and names no subject; who is beside it, in clear.

    `identifiers` become the event's subject keys; `contact` goes to PEOPLE and nowhere else.
    """

    event: Event
    identifiers: tuple[Identifier, ...] = ()
    contact: dict[str, str] = {}


class PartlyInvalidError(InvalidEventError):
    """Some items of a delivery can never be accepted; `drafts` are of the others, which are recorded all the same."""

    def __init__(self, error: InvalidEventError, drafts: Sequence[Draft]) -> None:
        super().__init__(str(error), error.code)
        self.drafts = drafts


class UnknownTopicError(InvalidEventError):
    """A delivery of a topic that its channel does not translate."""

    code = "unknown_topic"

    def __init__(self) -> None:
        super().__init__("The channel does not translate this topic.")


class Channel(Protocol):
    """A module that keeps to this contract."""

    CHANNEL: str

    def verify(self, request: Request, secrets: Sequence[str], now: datetime) -> None:
        """SignatureError when the delivery does not come from who it says; `secrets` are newest first."""
        ...

    def translate(self, request: Request) -> list[Draft]:
        """The events the delivery tells."""
        ...
