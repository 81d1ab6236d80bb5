"""Build the draft of one message or contact of a messenger or help desk, without the message text."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.contract import Draft, Request
from regulars.channels.fields.event_times import happened
from regulars.channels.fields.person import Person
from regulars.channels.fields.redaction import clean_text
from regulars.domain.events import ConsentChange, Event, Item, event_id
from regulars.domain.texts import replace_surrogates
from regulars.domain.times import to_text

RECEIVED = "Message Received"
SENT = "Message Sent"
DELIVERED = "Message Delivered"
READ = "Message Read"
FAILED = "Message Failed"
UPDATED = "Message Updated"
DELETED = "Message Deleted"
COMMENTED = "Comment Received"
CONVERSATION = "Conversation Updated"
JOINED = "Contact Subscribed"
LEFT = "Contact Unsubscribed"
LINKED = "Identity Linked"
CREATED = "Customer Created"
CHANGED = "Customer Updated"
REMOVED = "Customer Deleted"

# Following is how these platforms ask for being written to; elsewhere it only opens a conversation.
CONSENT_TOLD = {
    ("line", JOINED): "granted",
    ("wechat", JOINED): "granted",
    ("line", LEFT): "denied",
    ("wechat", LEFT): "denied",
    ("telegram", LEFT): "denied",
}
LONGEST_KIND = 32


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One thing told of one contact.

    `key` tells it from every other of the account, which scopes `customer`, the provider's id of the person, and the
    `former` ids that were merged into it. `consents` is the status by channel, and `basis` how it was given or taken back.
    """

    type: str
    at: datetime
    key: tuple[object, ...]
    account: object = ""
    customer: object = None
    former: Sequence[object] = ()
    user_id: object = None
    anonymous_id: object = None
    contact: Mapping[str, Any] = {}
    properties: dict[str, Any] = {}
    traits: dict[str, str] = {}
    consents: Mapping[str, str] = {}
    basis: str = ""
    items: tuple[Item, ...] = ()
    currency: str = ""
    channel: str = "chat"
    test: bool = False


def message_draft(module: str, request: Request, message: Message) -> Draft:
    """The event of a message; who it was stands beside it."""
    store = f"{module}/{replace_surrogates(clean_text(message.account)) or request.source}"
    moment = happened(message.at, request.received_at)
    person = Person(request.default_country)
    person.add("user_id", message.user_id)
    person.describe(message.contact)
    for customer in (message.customer, *message.former):
        person.add("customer", customer, store)
    person.add("anonymous_id", message.anonymous_id)
    event = Event(
        id=event_id(store, message.type, *(replace_surrogates(str(part)) for part in message.key)),
        type=message.type,
        channel=message.channel,
        source=f"{module}/{request.source}",
        occurred_at=moment.occurred_at,
        received_at=to_text(request.received_at),
        items=message.items,
        currency=message.currency,
        consents=_consents(module, message, moment.occurred_at),
        traits={name: value for name, value in message.traits.items() if value},
        properties={name: value for name, value in message.properties.items() if value},
        clock_skewed=moment.clock_skewed,
        backfill=moment.backfill,
        test=message.test,
    )
    return Draft(event, person.identifiers, person.contact)


def _consents(module: str, message: Message, at: str) -> tuple[ConsentChange, ...]:
    """What the message says, and what following or blocking the account says of its own channel."""
    if told := CONSENT_TOLD.get((module, message.type)):
        return (ConsentChange(module, told, at, message.type),)
    return tuple(
        ConsentChange(channel, status, at, message.basis)
        for channel, status in message.consents.items()
    )


def reference(told: object) -> str:
    """What stands for a provider's id of a message or a conversation, which may hold a number or be a person's."""
    return event_id(replace_surrogates(str(told))) if told else ""


def length(told: object) -> int:
    """How much was written: all that is kept of it."""
    return len(told) if isinstance(told, str) else 0


def kind(told: object) -> str:
    """A provider's word for what a message is, such as text or image."""
    text = clean_text(told)
    return text.lower() if len(text) <= LONGEST_KIND and text.replace("_", "").isalnum() else ""


def language(told: object) -> dict[str, str]:
    """The trait of the language a person reads."""
    text = clean_text(told)
    return {"locale": text} if 0 < len(text) <= LONGEST_KIND and text.isascii() else {}
