"""Receive contacts, subscription changes and conversations from Intercom.

**Set up**

1. In the Intercom Developer Hub, go to Your apps → New app and create an app for your own workspace. Copy the client
   secret from Basic information.
2. Run `regulars connect intercom`. It prints the URL and then asks for the client secret.
3. In the app, go to Webhooks and paste the URL as the endpoint. Intercom tests it immediately.
4. Subscribe to `contact.user.created`, `contact.user.updated`, `contact.lead.created`, `contact.lead.signed_up`,
   `contact.deleted`, `contact.archived`, `contact.unsubscribed`, `contact.subscribed`, `conversation.user.created`,
   `conversation.user.replied` and `conversation.admin.replied`. The app needs the permission to read users and
   conversations.

**Rotate the secret**: Create a new client secret and run `regulars sources rotate intercom`. The previous secret
stays valid until the next rotation.

**Events**

* `contact.user.created`, `contact.lead.created` → Customer Created
* `contact.user.updated`, `contact.lead.signed_up` → Customer Updated
* `contact.deleted`, `contact.archived` → Customer Deleted
* `contact.unsubscribed` → Unsubscribed, from e-mail
* `contact.subscribed` → Subscribed, to e-mail
* `conversation.user.created`, `conversation.user.replied` → Message Received
* `conversation.admin.replied` → Message Sent
* `conversation.read`, `conversation.contact.attached`, `conversation.updated` → Conversation Updated
* `ping`, the test of the endpoint → no event
* Any other topic → a reject with the reason `unknown_topic`

**Stored**

* The state of a conversation, the length of a message, and a hash of the conversation ID.
* The Intercom contact ID and your own ID (`external_id`) as identifiers; e-mail address, phone number and name as
  contact data; language and country as traits.

**Not stored**: text, subjects, notes, custom attributes and companies.

**Notes**

* Duplicates: all attempts of a notification have the same signed ID and are stored as one event.
"""

import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.contract import (
    Channel,
    Draft,
    ProviderSecret,
    Reply,
    Request,
    UnknownTopicError,
)
from regulars.channels.drafts import conversations as chat
from regulars.channels.drafts.conversations import ConversationEvent, build_conversation_draft
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.json_values import ObjectReader, as_object, list_objects
from regulars.channels.fields.texts import require_id
from regulars.channels.signatures.shared_secret import check_equal

CHANNEL_NAME = "intercom"
TOPICS = {
    "contact.user.created": chat.CUSTOMER_CREATED,
    "contact.lead.created": chat.CUSTOMER_CREATED,
    "contact.user.updated": chat.CUSTOMER_UPDATED,
    "contact.lead.signed_up": chat.CUSTOMER_UPDATED,
    "contact.deleted": chat.CUSTOMER_DELETED,
    "contact.archived": chat.CUSTOMER_DELETED,
    "contact.unsubscribed": "Unsubscribed",
    "contact.subscribed": "Subscribed",
    "conversation.user.created": chat.MESSAGE_RECEIVED,
    "conversation.user.replied": chat.MESSAGE_RECEIVED,
    "conversation.admin.replied": chat.MESSAGE_SENT,
    "conversation.read": chat.CONVERSATION_UPDATED,
    "conversation.contact.attached": chat.CONVERSATION_UPDATED,
    "conversation.updated": chat.CONVERSATION_UPDATED,
}
_CONSENTS = {"Unsubscribed": {"email": "denied"}, "Subscribed": {"email": "granted"}}
_SIGNATURE = "x-hub-signature"
_READER = ObjectReader(("id", "topic", "app_id", "created_at", "data"))


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (it carries no time)
    """HMAC-SHA1 over the raw bytes by any live client secret.

    https://developers.intercom.com/docs/webhooks/webhook-notifications#signed-notifications
    """
    wanted = [_signed(secret, request.body) for secret in secrets]
    check_equal(request.headers.get(_SIGNATURE, ""), wanted)


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:
    """Intercom's tries of the address: a HEAD, and a signed ping."""
    if request.method == "HEAD":
        return Reply()
    if request.method != "POST" or b'"ping"' not in request.body:
        return None
    verify_delivery(request, secrets, now)
    return Reply() if _READER.read(request.body).get("topic") == "ping" else None


def translate_delivery(request: Request) -> list[Draft]:
    """The one event of a notification."""
    body = _READER.read(request.body)
    topic = body.get("topic")
    type_ = TOPICS.get(topic) if isinstance(topic, str) else None
    if type_ is None:
        raise UnknownTopicError
    item = as_object(as_object(body.get("data")).get("item"))
    told = _conversation(item) if str(topic).startswith("conversation.") else _contact(item)
    message = ConversationEvent(
        type=type_,
        at=from_epoch(body.get("created_at")),
        key=(require_id(body.get("id"), "id"),),
        account=body.get("app_id"),
        consents=_CONSENTS.get(type_, {}),
        basis=str(topic) if type_ in _CONSENTS else "",
        **told,
    )
    return [build_conversation_draft(CHANNEL_NAME, request, message)]


def build_sample(blank: Request, secret: str) -> Request:
    """A signed notification of a topic nobody knows, which is set aside."""
    body = json.dumps({"topic": "test"}).encode()
    headers = {"content-type": "application/json", _SIGNATURE: _signed(secret, body).decode()}
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _contact(item: dict[str, Any]) -> dict[str, Any]:
    """Who a contact is; of an unsubscription, the contact is inside."""
    contact = as_object(item.get("contact")) or item
    place = as_object(contact.get("location"))
    language = contact.get("language_override") or contact.get("browser_language")
    return {
        "customer": contact.get("id"),
        "user_id": contact.get("external_id"),
        "contact": contact,
        "traits": chat.build_locale_trait(language)
        | {"country": chat.clean_word(place.get("country_code")).upper()},
        "properties": {"role": chat.clean_word(contact.get("role"))},
    }


def _conversation(item: dict[str, Any]) -> dict[str, Any]:
    """The one contact of a conversation; of several, nobody is meant."""
    contacts = item.get("contacts")
    people = list_objects(as_object(contacts).get("contacts") or contacts)
    person = people[0] if len(people) == 1 else {}
    source = as_object(item.get("source"))
    listed = list_objects(as_object(item.get("conversation_parts")).get("conversation_parts"))
    return {
        "customer": person.get("id"),
        "user_id": person.get("external_id"),
        "properties": {
            "conversation": chat.hash_reference(item.get("id")),
            "state": chat.clean_word(item.get("state")),
            "kind": chat.clean_word(source.get("type")),
            "length": chat.count_characters((listed[-1] if listed else source).get("body")),
        },
    }


def _signed(secret: str, body: bytes) -> bytes:
    # Intercom signs with nothing newer; an HMAC of SHA-1 is not forged by what SHA-1 is broken for.
    return b"sha1=" + hmac.digest(secret.encode(), body, "sha1").hex().encode()


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Intercom",
    page=__doc__,
    secret=ProviderSecret(question="The app's client secret"),
    verify=verify_delivery,
    translate=translate_delivery,
    answer_handshake=answer_handshake,
    build_sample=build_sample,
)
