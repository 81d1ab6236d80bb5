"""Build the draft of one e-mail event for one recipient, with the consent change that it implies."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import getaddresses
from itertools import chain
from typing import Any

import msgspec

from regulars.channels.contract import Draft, Request, UnknownTopicError
from regulars.channels.fields.event_times import resolve_event_times
from regulars.channels.fields.json_values import as_list
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text, clean_token, clean_url
from regulars.domain.events import ConsentChange, Event, event_id
from regulars.domain.texts import replace_surrogates
from regulars.domain.times import to_text

EMAIL_SENT = "Email Sent"
EMAIL_DELIVERED = "Email Delivered"
EMAIL_OPENED = "Email Opened"
EMAIL_LINK_CLICKED = "Email Link Clicked"
EMAIL_BOUNCED = "Email Bounced"
EMAIL_DEFERRED = "Email Deferred"
EMAIL_DROPPED = "Email Dropped"
EMAIL_MARKED_AS_SPAM = "Email Marked as Spam"
UNSUBSCRIBED_TYPE = "Unsubscribed"
SUBSCRIBED_TYPE = "Subscribed"
MESSAGE_RECEIVED = "Message Received"

MAX_TAGS = 10
MAX_RECIPIENTS = 100
MIN_NAME_CHARACTERS = 5  # shorter ones occur in ids by chance
# One reader of an e-mail to several recipients did these, and the provider does not report which.
_SINGLE_READER_TYPES = {EMAIL_OPENED, EMAIL_LINK_CLICKED}
_CONSENT_STATUSES = {
    UNSUBSCRIBED_TYPE: "denied",
    EMAIL_MARKED_AS_SPAM: "complained",
    SUBSCRIBED_TYPE: "granted",
}


class MailEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of one e-mail and one recipient.

    `key` identifies it within the source; `customer` is the provider's id of the recipient. `consent` is the new status of
    the consent to e-mail: '' if it does not change, None if the type determines it. `basis` is how it was granted or
    withdrawn.
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


def build_mail_draft(channel: str, request: Request, mail: MailEvent) -> Draft:
    """Return the draft of an e-mail event, with the address beside it and never in it."""
    times = resolve_event_times(mail.at, request.received_at)
    person = PersonBuilder(request.default_country)
    person.add_identifier("email", mail.email)
    person.add_identifier("email", mail.former_email)
    person.add_identifier("customer", mail.customer, f"{channel}/{request.source}")
    person.add_contact(mail.contact)
    event = Event(
        id=event_id(channel, request.source, *map(replace_surrogates, mail.key)),
        type=mail.type,
        channel="email",
        source=f"{channel}/{request.source}",
        occurred_at=times.occurred_at,
        received_at=to_text(request.received_at),
        consents=_list_consents(mail, times.occurred_at),
        properties=_clean_properties(mail),
        clock_skewed=times.clock_skewed,
        backfill=times.backfill,
        test=mail.test,
    )
    return Draft(event, person.identifiers, person.contact)


def _clean_properties(mail: MailEvent) -> dict[str, Any]:
    """Return the properties that are not empty, without an id that was made from the recipient's address."""
    properties = {name: value for name, value in mail.properties.items() if value}
    email_id = str(properties.get("email_id", "")).lower()
    names = (email.lower().partition("@")[0] for email in (mail.email, mail.former_email))
    if any(name in email_id for name in names if len(name) >= MIN_NAME_CHARACTERS):
        del properties["email_id"]
    return properties


def parse_addresses(recipients: object) -> list[str]:
    """Return the addresses of a list of recipients, of a header or of one recipient, without names; each once."""
    texts = [text for text in (as_list(recipients) or [recipients]) if isinstance(text, str)]
    # Strict parsing returns nothing for a malformed header, rather than the address of another person.
    pairs = chain.from_iterable(getaddresses([text]) for text in texts[:MAX_RECIPIENTS])
    addresses = dict.fromkeys(address for _, address in pairs if address)
    return list(addresses)[:MAX_RECIPIENTS]


def select_recipients(type_: str, recipients: Sequence[str]) -> Sequence[str]:
    """Return the recipients that an event of a whole e-mail belongs to.

    Return one empty address without recipients, and if one of several recipients acted and the event does not name it.
    """
    return (
        [""]
        if not recipients or (type_ in _SINGLE_READER_TYPES and len(recipients) > 1)
        else recipients
    )


def find_event_type(table: Mapping[str, str], topic: object) -> str:
    """Return the type of the event for a provider's topic; raise UnknownTopicError for a topic outside the table."""
    type_ = table.get(topic) if isinstance(topic, str) else None
    if type_ is None:
        raise UnknownTopicError
    return type_


def clean_message_id(message_id: object) -> str:
    """Return a Message-ID without its brackets and without its host, which would make it look like an address."""
    if not isinstance(message_id, str):
        return ""
    return clean_text(message_id.strip("<> ").partition("@")[0])


def clean_tags(tags: object) -> list[str]:
    """Return the tags of an e-mail, which are a list or a single tag."""
    values = tags if isinstance(tags, list) else [tags]
    return [text for text in map(clean_token, values[:MAX_TAGS]) if text]


def clean_link(url: object) -> str:
    """Return the link that was clicked, without the parameters that identify the reader."""
    return clean_text(clean_url(url)) if isinstance(url, str) else ""


def _list_consents(mail: MailEvent, at: str) -> tuple[ConsentChange, ...]:
    status = _CONSENT_STATUSES.get(mail.type, "") if mail.consent is None else mail.consent
    return (
        (ConsentChange(channel="email", status=status, at=at, basis=mail.basis),) if status else ()
    )
