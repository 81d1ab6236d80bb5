"""Build the draft of one message or contact of a messenger or help desk, without the message text."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.contract import Draft, Request
from regulars.channels.fields.event_times import resolve_event_times
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text
from regulars.domain.events import ConsentChange, Event, Item, event_id
from regulars.domain.texts import replace_surrogates
from regulars.domain.times import to_text

MESSAGE_RECEIVED = "Message Received"
MESSAGE_SENT = "Message Sent"
MESSAGE_DELIVERED = "Message Delivered"
MESSAGE_READ = "Message Read"
MESSAGE_FAILED = "Message Failed"
MESSAGE_UPDATED = "Message Updated"
MESSAGE_DELETED = "Message Deleted"
COMMENT_RECEIVED = "Comment Received"
CONVERSATION_UPDATED = "Conversation Updated"
CONTACT_SUBSCRIBED = "Contact Subscribed"
CONTACT_UNSUBSCRIBED = "Contact Unsubscribed"
IDENTITY_LINKED = "Identity Linked"
CUSTOMER_CREATED = "Customer Created"
CUSTOMER_UPDATED = "Customer Updated"
CUSTOMER_DELETED = "Customer Deleted"

# Type of an event of a channel → the status of the consent. On these platforms a person follows an account in order to
# get its messages; on others this only opens a conversation.
CONSENT_STATUSES = {
    ("line", CONTACT_SUBSCRIBED): "granted",
    ("wechat", CONTACT_SUBSCRIBED): "granted",
    ("line", CONTACT_UNSUBSCRIBED): "denied",
    ("wechat", CONTACT_UNSUBSCRIBED): "denied",
    ("telegram", CONTACT_UNSUBSCRIBED): "denied",
}
MAX_WORD_CHARACTERS = 32


class ConversationEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of one contact, as a messenger, a help desk or a booking service reports it.

    `key` identifies it within the account, which scopes `customer`, the provider's id of the person, and the `former`
    ids that were merged into it. `consents` is the status by channel, and `basis` how it was granted or withdrawn.
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


def build_conversation_draft(
    provider: str, request: Request, conversation: ConversationEvent
) -> Draft:
    """Return the draft of an event, with the person beside it; `provider` is the name of the channel."""
    store = f"{provider}/{replace_surrogates(clean_text(conversation.account)) or request.source}"
    times = resolve_event_times(conversation.at, request.received_at)
    person = PersonBuilder(request.default_country)
    person.add_identifier("user_id", conversation.user_id)
    person.add_contact(conversation.contact)
    for customer in (conversation.customer, *conversation.former):
        person.add_identifier("customer", customer, store)
    person.add_identifier("anonymous_id", conversation.anonymous_id)
    key = (replace_surrogates(str(part)) for part in conversation.key)
    event = Event(
        id=event_id(store, conversation.type, *key),
        type=conversation.type,
        channel=conversation.channel,
        source=f"{provider}/{request.source}",
        occurred_at=times.occurred_at,
        received_at=to_text(request.received_at),
        items=conversation.items,
        currency=conversation.currency,
        consents=_list_consents(provider, conversation, times.occurred_at),
        traits={name: value for name, value in conversation.traits.items() if value},
        properties={name: value for name, value in conversation.properties.items() if value},
        clock_skewed=times.clock_skewed,
        backfill=times.backfill,
        test=conversation.test,
    )
    return Draft(event, person.identifiers, person.contact)


def _list_consents(
    provider: str, conversation: ConversationEvent, at: str
) -> tuple[ConsentChange, ...]:
    """Return the consent that following or blocking the account implies, else those that the event names."""
    if status := CONSENT_STATUSES.get((provider, conversation.type)):
        return (ConsentChange(channel=provider, status=status, at=at, basis=conversation.type),)
    return tuple(
        ConsentChange(channel=channel, status=status, at=at, basis=conversation.basis)
        for channel, status in conversation.consents.items()
    )


def hash_reference(reference: object) -> str:
    """Return a fingerprint of a provider's id of a message or a conversation, which may contain a phone number."""
    return event_id(replace_surrogates(str(reference))) if reference else ""


def count_characters(text: object) -> int:
    """Return the length of a message, of which nothing else is stored; 0 for a value that is not text."""
    return len(text) if isinstance(text, str) else 0


def clean_word(value: object) -> str:
    """Return a provider's word for the kind of a message, such as text or image, in lower case; '' for anything else."""
    text = clean_text(value)
    return (
        text.lower() if len(text) <= MAX_WORD_CHARACTERS and text.replace("_", "").isalnum() else ""
    )


def build_locale_trait(language: object) -> dict[str, str]:
    """Return the trait of the language that a person reads, or none if the value is not a language."""
    text = clean_text(language)
    return {"locale": text} if 0 < len(text) <= MAX_WORD_CHARACTERS and text.isascii() else {}
