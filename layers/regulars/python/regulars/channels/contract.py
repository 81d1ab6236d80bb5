"""Define the contract of a channel: how one provider's deliveries are verified and translated into events.

A channel receives the webhooks of one provider. Each provider has a module that defines one `Channel` value, and one
line in `regulars.channels.registry` that names it:

    CHANNEL = Channel(
        name="acme",
        title="Acme",
        page=__doc__,
        secret=ProviderSecret(question="The endpoint's signing secret"),
        verify=verify_delivery,
        translate=translate_delivery,
        build_sample=build_sample,
    )

The webhook function handles a delivery in this order:

1. It finds the source and builds a `Request`. The channel never reads a store, an environment variable or the clock.
2. `answer_handshake`, if the channel has one, answers the requests by which a provider tests or confirms the URL.
3. `verify` raises SignatureError unless the provider sent exactly these bytes.
4. `translate` returns a `Draft` for every event in the delivery.
5. The events are recorded, and the provider gets `reply`, or a JSON summary with status 200.

`docs/adding-a-channel.md` shows how to add a channel, step by step.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Event
from regulars.domain.identifiers import Identifier


class Request(msgspec.Struct, frozen=True):
    """One delivery, exactly as it arrived.

    Attributes:
        source: The name of the source, from the path `/hooks/<channel>/<source>`.
        body: The bytes that were sent. Signatures cover these bytes, so never re-encode them.
        received_at: When the delivery arrived.
        headers: The headers, names in lower case.
        query: The query parameters, decoded.
        config: What the owner set up: the answers to `config_fields` and `credential_fields`, and `url`.
        default_country: The ISO 3166 code for phone numbers without a country.
        default_currency: The ISO 4217 code for amounts without a currency.
        method: The HTTP method.
        url: The public URL without its query: `config["url"]` if it is set, else the URL of this request.
        raw_query: The query as it was sent, for a signature that covers it.
        certificates: Fetches the content of a URL and follows no redirect. Call it only with a URL of which every part
            was matched with the provider's own. None where nothing is fetched.
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
    """A plain HTTP answer, for a provider that expects more than status 200."""

    status: int = 200
    body: str = ""
    content_type: str = "text/plain"


class Draft(msgspec.Struct, frozen=True):
    """An event before it is recorded, with the person beside it in clear text.

    `event` names no person. Recording turns `identifiers` into the event's subject keys, which are keyed hashes, and
    stores `contact` in the CONTACTS table and nowhere else.
    """

    event: Event
    identifiers: tuple[Identifier, ...] = ()
    contact: dict[str, str] = {}


class PartlyInvalidError(InvalidEventError):
    """Some items of a delivery can never be accepted. `drafts` are those of the other items, which are recorded."""

    def __init__(self, error: InvalidEventError, drafts: Sequence[Draft]) -> None:
        super().__init__(str(error), error.code)
        self.drafts = drafts


class UnknownTopicError(InvalidEventError):
    """A delivery of a topic that its channel does not translate."""

    code = "unknown_topic"

    def __init__(self) -> None:
        super().__init__("The channel does not translate this topic.")


type VerifyDelivery = Callable[[Request, Sequence[str], datetime], None]
"""Arguments: the request, the source's live secrets (newest first), the current time.

Raise SignatureError unless a live secret proves that the provider sent these very bytes. Accept any of the secrets: two
are live while the owner rotates them. Compare in constant time (`signatures/shared_secret.check_equal`).
"""

type TranslateDelivery = Callable[[Request], list[Draft]]
"""Return the events of a verified delivery; an empty list when it carries none.

Raise InvalidRequestError for a body that cannot be read (the provider gets a 400 and may retry), InvalidEventError for
one that can be read and can never be accepted (stored as a reject, answered with 200), and PartlyInvalidError when
only some items are invalid. The same delivery must always give the same event ids, because providers retry.
"""

type AnswerHandshake = Callable[[Request, Sequence[str], datetime], Reply | None]
"""Return the reply to a handshake or probe, which is not recorded; None for a delivery.

It takes what `verify` takes, runs before `verify`, for GET and HEAD too, and verifies by itself what has to be
verified. Its SignatureError is answered with 403.
"""

type BuildSample = Callable[[Request, str], Request | None]
"""Return the blank request, filled with a delivery that the given secret signs; None if this secret cannot sign.

The sample passes `verify`. It becomes test events or a reject, so that it never counts as a sale or a person. Raise
ValueError if the secret or a credential is malformed.
"""

type FindNextPage = Callable[[Request], str]
"""Return the URL to which a browser is redirected after a form was recorded; '' for a plain page of thanks."""

type NormalizeAnswer = Callable[[str], str | list[str]]
"""Return the owner's answer as `config` stores it; raise ValueError if the answer is not acceptable."""


class NoSecret(msgspec.Struct, frozen=True):
    """The source has no secret: the provider signs with a key pair of its own and publishes the public key."""


class GeneratedSecret(msgspec.Struct, frozen=True, kw_only=True):
    """Regulars generates the secret, and the owner pastes it at the provider.

    `url_parameter` names the query parameter that carries the secret, for a provider that signs nothing; '' for a
    provider that signs with it.
    """

    url_parameter: str = ""


class ProviderSecret(msgspec.Struct, frozen=True, kw_only=True):
    """The provider generates the secret, and the owner gives it to Regulars.

    `question` asks for it and says where to find it. The source waits, and deliveries get a 503, until it is given.
    """

    question: str


type SigningSecret = NoSecret | GeneratedSecret | ProviderSecret


class ConfigField(msgspec.Struct, frozen=True, kw_only=True):
    """A setting of a source, which the owner answers when the channel is connected; stored in clear in `config`.

    `normalize` converts the answer. Use it when deliveries spell the same value in another way, or for a list or JSON
    (`fields/config_answers`).
    """

    question: str
    is_optional: bool = False
    normalize: NormalizeAnswer = str


class CredentialField(msgspec.Struct, frozen=True, kw_only=True):
    """A secret setting of a source, such as an API key; stored beside the signing secrets and never shown."""

    question: str
    is_optional: bool = False


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """One provider's channel. A module defines it as a constant; the registry loads it by its dotted name.

    Attributes:
        name: The channel's name in URLs, event sources and commands: lower-case letters, digits and dashes.
        title: The provider's name as it writes itself.
        page: The documentation of the channel, in Markdown: what it receives, how to connect it, what is stored. The
            module's docstring, from which `python -m infra.pages` generates `channels/README.md`.
        secret: Who generates the secret that proves deliveries, if there is one.
        verify: Raises SignatureError for a delivery that the provider did not send.
        translate: Converts a delivery into events.
        answer_handshake: Answers requests that test the URL; None if the provider sends none.
        reply: The answer to a recorded delivery; None for a JSON summary.
        find_next_page: Where a browser goes after it submitted a form; None if browsers do not send deliveries.
        build_sample: Builds a signed test delivery for `regulars sources test`; None if only the provider can sign.
        config_fields: The settings of a source by their name in `config`.
        credential_fields: The secret settings of a source; `Request.config` holds them too.
    """

    name: str
    title: str
    page: str
    secret: SigningSecret
    verify: VerifyDelivery
    translate: TranslateDelivery
    answer_handshake: AnswerHandshake | None = None
    reply: Reply | None = None
    find_next_page: FindNextPage | None = None
    build_sample: BuildSample | None = None
    config_fields: Mapping[str, ConfigField] = {}
    credential_fields: Mapping[str, CredentialField] = {}

    @property
    def needs_secret(self) -> bool:
        """Whether a source accepts deliveries only after it has a secret."""
        return not isinstance(self.secret, NoSecret)
