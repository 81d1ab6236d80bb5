"""Build the draft of one e-mail event for one recipient, with the consent change that it implies."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import getaddresses
from itertools import chain
from typing import Any

import msgspec

from regulars.channels.contract import Draft, Request, UnknownTopicError
from regulars.channels.fields.event_times import happened
from regulars.channels.fields.json_values import a_list
from regulars.channels.fields.person import Person
from regulars.channels.fields.redaction import clean_text, clean_token, clean_url
from regulars.domain.events import ConsentChange, Event, event_id
from regulars.domain.texts import replace_surrogates
from regulars.domain.times import to_text

SENT = "Email Sent"
DELIVERED = "Email Delivered"
OPENED = "Email Opened"
CLICKED = "Email Link Clicked"
BOUNCED = "Email Bounced"
DEFERRED = "Email Deferred"
DROPPED = "Email Dropped"
COMPLAINED = "Email Marked as Spam"
UNSUBSCRIBED = "Unsubscribed"
SUBSCRIBED = "Subscribed"
RECEIVED = "Message Received"

MOST_TAGS = 10
MOST_RECIPIENTS = 100
# What was done by one reader of a mail to several, of whom the provider does not say which.
_BY_ONE_READER = {OPENED, CLICKED}
_CONSENTS = {UNSUBSCRIBED: "denied", COMPLAINED: "denied", SUBSCRIBED: "granted"}


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One thing told of one mail and one recipient.

    `key` tells it from every other of the source; `customer` is the provider's id of the recipient. `consent` is what it
    says of the consent to e-mail, '' for nothing, None for what its type says; `basis` is how it was given or taken back.
    """

    type: str
    at: datetime
    key: tuple[str, ...]
    email: str = ""
    former_email: str = ""
    customer: object = None
    contact: Mapping[str, Any] = {}
    properties: dict[str, Any] = {}
    basis: str = ""
    consent: str | None = None
    test: bool = False


def letter_draft(channel: str, request: Request, letter: Letter) -> Draft:
    """The event of a letter; the address is beside it and never in it."""
    moment = happened(letter.at, request.received_at)
    person = Person(request.default_country)
    person.add("email", letter.email)
    person.add("email", letter.former_email)
    person.add("customer", letter.customer, f"{channel}/{request.source}")
    person.describe(letter.contact)
    event = Event(
        id=event_id(channel, request.source, *map(replace_surrogates, letter.key)),
        type=letter.type,
        channel="email",
        source=f"{channel}/{request.source}",
        occurred_at=moment.occurred_at,
        received_at=to_text(request.received_at),
        consents=_consents(letter, moment.occurred_at),
        properties={name: value for name, value in letter.properties.items() if value},
        clock_skewed=moment.clock_skewed,
        backfill=moment.backfill,
        test=letter.test,
    )
    return Draft(event, person.identifiers, person.contact)


def addresses(told: object) -> list[str]:
    """The bare addresses of a recipients' list, a header's text or one address; each once."""
    texts = [text for text in (a_list(told) or [told]) if isinstance(text, str)]
    # Strict parsing gives nothing for a malformed header, rather than somebody else's address.
    pairs = chain.from_iterable(getaddresses([text]) for text in texts[:MOST_RECIPIENTS])
    found = dict.fromkeys(address for _, address in pairs if address)
    return list(found)[:MOST_RECIPIENTS]


def readers(type_: str, recipients: Sequence[str]) -> Sequence[str]:
    """To whom something told of a whole mail is put down: nobody, where it was one of several and it is not said who."""
    return (
        [""] if not recipients or (type_ in _BY_ONE_READER and len(recipients) > 1) else recipients
    )


def type_of(table: Mapping[str, str], topic: object) -> str:
    """The event's type of a provider's topic; InvalidEventError(unknown_topic) when we make nothing of it."""
    type_ = table.get(topic) if isinstance(topic, str) else None
    if type_ is None:
        raise UnknownTopicError
    return type_


def mail_id(told: object) -> str:
    """A Message-ID without its brackets and its host, by which it would look like an address."""
    return clean_text(told.strip("<> ").partition("@")[0]) if isinstance(told, str) else ""


def words(told: object) -> list[str]:
    """The tags a mail was sent with: one, or several."""
    listed = told if isinstance(told, list) else [told]
    return [text for text in map(clean_token, listed[:MOST_TAGS]) if text]


def link(told: object) -> str:
    """The link that was clicked, without what it said of the reader."""
    return clean_text(clean_url(told)) if isinstance(told, str) else ""


def _consents(letter: Letter, at: str) -> tuple[ConsentChange, ...]:
    status = _CONSENTS.get(letter.type, "") if letter.consent is None else letter.consent
    return (ConsentChange("email", status, at, letter.basis),) if status else ()
