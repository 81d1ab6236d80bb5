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
from regulars.channels.drafts import conversations
from regulars.channels.drafts.conversations import ConversationEvent, build_conversation_draft
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.json_values import ObjectReader, as_object, list_objects
from regulars.channels.fields.texts import require_id
from regulars.channels.signatures.shared_secret import check_equal

CHANNEL_NAME = "intercom"
TOPICS = {
    "contact.user.created": conversations.CUSTOMER_CREATED,
    "contact.lead.created": conversations.CUSTOMER_CREATED,
    "contact.user.updated": conversations.CUSTOMER_UPDATED,
    "contact.lead.signed_up": conversations.CUSTOMER_UPDATED,
    "contact.deleted": conversations.CUSTOMER_DELETED,
    "contact.archived": conversations.CUSTOMER_DELETED,
    "contact.unsubscribed": "Unsubscribed",
    "contact.subscribed": "Subscribed",
    "conversation.user.created": conversations.MESSAGE_RECEIVED,
    "conversation.user.replied": conversations.MESSAGE_RECEIVED,
    "conversation.admin.replied": conversations.MESSAGE_SENT,
    "conversation.read": conversations.CONVERSATION_UPDATED,
    "conversation.contact.attached": conversations.CONVERSATION_UPDATED,
    "conversation.updated": conversations.CONVERSATION_UPDATED,
}
_CONSENTS_BY_TYPE = {"Unsubscribed": {"email": "denied"}, "Subscribed": {"email": "granted"}}
_SIGNATURE_HEADER = "x-hub-signature"
_READER = ObjectReader(("id", "topic", "app_id", "created_at", "data"))


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (a delivery has no signing time)
    """Compare the HMAC-SHA1 of the raw body under each live client secret.

    https://developers.intercom.com/docs/webhooks/webhook-notifications#signed-notifications
    """
    signatures = [_compute_signature(secret, request.body) for secret in secrets]
    check_equal(request.headers.get(_SIGNATURE_HEADER, ""), signatures)


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:
    """Answer the HEAD request and the signed ping by which Intercom tests the URL."""
    if request.method == "HEAD":
        return Reply()
    if request.method != "POST" or b'"ping"' not in request.body:
        return None
    verify_delivery(request, secrets, now)
    return Reply() if _READER.read(request.body).get("topic") == "ping" else None


def translate_delivery(request: Request) -> list[Draft]:
    """Return the event of a notification."""
    body = _READER.read(request.body)
    topic = body.get("topic")
    type_ = TOPICS.get(topic) if isinstance(topic, str) else None
    if type_ is None:
        raise UnknownTopicError
    item = as_object(as_object(body.get("data")).get("item"))
    person_fields = (
        _conversation_fields(item)
        if str(topic).startswith("conversation.")
        else _contact_fields(item)
    )
    event = ConversationEvent(
        type=type_,
        at=from_epoch(body.get("created_at")),
        key=(require_id(body.get("id"), "id"),),
        account=body.get("app_id"),
        consents=_CONSENTS_BY_TYPE.get(type_, {}),
        basis=str(topic) if type_ in _CONSENTS_BY_TYPE else "",
        **person_fields,
    )
    return [build_conversation_draft(CHANNEL_NAME, request, event)]


def build_sample(blank: Request, secret: str) -> Request:
    """Return a signed notification with an unknown topic, which becomes a reject."""
    body = json.dumps({"topic": "test"}).encode()
    headers = {
        "content-type": "application/json",
        _SIGNATURE_HEADER: _compute_signature(secret, body).decode(),
    }
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _contact_fields(item: dict[str, Any]) -> dict[str, Any]:
    """Return the person fields of a contact; an unsubscription wraps the contact."""
    contact = as_object(item.get("contact")) or item
    location = as_object(contact.get("location"))
    language = contact.get("language_override") or contact.get("browser_language")
    return {
        "customer": contact.get("id"),
        "user_id": contact.get("external_id"),
        "contact": contact,
        "traits": conversations.build_locale_trait(language)
        | {"country": conversations.clean_word(location.get("country_code")).upper()},
        "properties": {"role": conversations.clean_word(contact.get("role"))},
    }


def _conversation_fields(item: dict[str, Any]) -> dict[str, Any]:
    contact, source = _find_contact(item), as_object(item.get("source"))
    parts = list_objects(as_object(item.get("conversation_parts")).get("conversation_parts"))
    return {
        "customer": contact.get("id"),
        "user_id": contact.get("external_id"),
        "properties": {
            "conversation": conversations.hash_reference(item.get("id")),
            "state": conversations.clean_word(item.get("state")),
            "kind": conversations.clean_word(source.get("type")),
            "length": conversations.count_characters((parts[-1] if parts else source).get("body")),
        },
    }


def _find_contact(item: dict[str, Any]) -> dict[str, Any]:
    """Return the contact of a conversation; none if it has several contacts."""
    contacts = item.get("contacts")
    contact_items = list_objects(as_object(contacts).get("contacts") or contacts)
    return contact_items[0] if len(contact_items) == 1 else {}


def _compute_signature(secret: str, body: bytes) -> bytes:
    # Intercom offers no newer digest. Collisions of SHA-1 do not break its HMAC.
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
