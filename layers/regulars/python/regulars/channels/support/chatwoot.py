"""Receive messages, conversation status changes and contacts of a Chatwoot help desk.

**Set up**

1. Run `regulars connect chatwoot`. It prints the URL and then asks for the secret of the webhook.
2. In Chatwoot, go to Settings → Integrations → Webhooks → Add. Paste the URL and select `message_created`,
   `contact_created`, `contact_updated` and `conversation_status_changed`.
3. Copy the secret that Chatwoot then shows and enter it in `regulars connect chatwoot`.

Deliveries of Chatwoot releases that do not sign webhooks are rejected. Update such a release.

**Rotate the secret**: Create a second webhook, enter its secret in `regulars sources rotate chatwoot`, and delete the
first webhook.

**Events**

* `message_created` → Message Received, or Message Sent if an agent or a bot wrote the message. Private notes and the
  automatic messages of Chatwoot produce no event.
* `contact_created` → Customer Created
* `contact_updated` → Customer Updated
* `conversation_status_changed` → Conversation Updated
* Any other event → a reject with the reason `unknown_topic`

**Stored**

* The type, length and number of attachments of a message, and the status of a conversation.
* Hashes of the message ID and the conversation ID.
* The Chatwoot contact ID and your own ID (`identifier`) as identifiers; e-mail address, phone number and name as
  contact data.

**Not stored**: text, subjects and custom attributes.

**Notes**

* Retries: Chatwoot does not retry a failed delivery.
* Duplicates: a delivery without an ID is identified by its content.
"""

import hmac
import json
import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from regulars.channels.contract import Channel, Draft, ProviderSecret, Request, UnknownTopicError
from regulars.channels.drafts import conversations
from regulars.channels.drafts.conversations import ConversationEvent, build_conversation_draft
from regulars.channels.fields.event_times import from_epoch, parse_time
from regulars.channels.fields.json_values import as_list, as_object, parse_json
from regulars.channels.signatures.shared_secret import check_equal
from regulars.channels.signatures.timed import TOLERANCE_SECONDS
from regulars.domain.errors import SignatureError

CHANNEL_NAME = "chatwoot"
CONTACT_TOPICS = {
    "contact_created": conversations.CUSTOMER_CREATED,
    "contact_updated": conversations.CUSTOMER_UPDATED,
}
# Chatwoot writes the direction as a word or as a number. Other values (activity, template) are messages of its own.
MESSAGE_TYPES = {
    "incoming": conversations.MESSAGE_RECEIVED,
    "0": conversations.MESSAGE_RECEIVED,
    "outgoing": conversations.MESSAGE_SENT,
    "1": conversations.MESSAGE_SENT,
}
_SIGNATURE_HEADER, _TIME_HEADER = "x-chatwoot-signature", "x-chatwoot-timestamp"
_SECONDS_PATTERN = re.compile(r"[0-9]{1,12}")


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """Compare the HMAC-SHA256 of time and raw body under each live secret."""
    time = request.headers.get(_TIME_HEADER, "")
    if not time:
        raise SignatureError("missing")
    signatures = [_compute_signature(secret, request.body, time) for secret in secrets]
    check_equal(request.headers.get(_SIGNATURE_HEADER, ""), signatures)
    if not _SECONDS_PATTERN.fullmatch(time) or abs(now.timestamp() - int(time)) > TOLERANCE_SECONDS:
        raise SignatureError("timestamp")


def translate_delivery(request: Request) -> list[Draft]:
    """Return one event; none for a private note of agents."""
    body = as_object(parse_json(request.body))
    topic = body.get("event")
    if topic == "message_created":
        return _translate_message(request, body)
    # An event without an id is identified by its content.
    key = (sha256(request.body).hexdigest(),)
    if isinstance(topic, str) and topic in CONTACT_TOPICS:
        return [_build_draft(request, body, CONTACT_TOPICS[topic], key, body, {})]
    if topic == "conversation_status_changed":
        person = as_object(as_object(body.get("meta")).get("sender"))
        properties = {
            "conversation": conversations.hash_reference(body.get("id")),
            "status": conversations.clean_word(body.get("status")),
        }
        return [
            _build_draft(request, body, conversations.CONVERSATION_UPDATED, key, person, properties)
        ]
    raise UnknownTopicError


def build_sample(blank: Request, secret: str) -> Request:
    """Return a signed delivery with an unknown topic, which becomes a reject."""
    body, time = json.dumps({"event": "test"}).encode(), str(int(blank.received_at.timestamp()))
    headers = {
        _TIME_HEADER: time,
        _SIGNATURE_HEADER: _compute_signature(secret, body, time).decode(),
    }
    headers["content-type"] = "application/json"
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _translate_message(request: Request, body: dict[str, Any]) -> list[Draft]:
    type_ = MESSAGE_TYPES.get(str(body.get("message_type")))
    if type_ is None or body.get("private") is True:
        return []
    conversation = as_object(body.get("conversation"))
    # The sender of an outgoing message is the agent, so the contact is in the conversation.
    sender = (
        body if type_ == conversations.MESSAGE_RECEIVED else as_object(conversation.get("meta"))
    )
    properties = {
        "message": conversations.hash_reference(body.get("id")),
        "conversation": conversations.hash_reference(
            conversation.get("display_id") or conversation.get("id")
        ),
        "kind": conversations.clean_word(body.get("content_type")),
        "length": conversations.count_characters(body.get("content")),
        "attachments": len(as_list(body.get("attachments"))),
    }
    key = (body.get("id"), body.get("created_at"))
    return [_build_draft(request, body, type_, key, as_object(sender.get("sender")), properties)]


def _build_draft(
    request: Request,
    body: dict[str, Any],
    type_: str,
    key: tuple[object, ...],
    person: dict[str, Any],
    properties: dict[str, Any],
) -> Draft:
    event = ConversationEvent(
        type=type_,
        at=_event_time(body, request.received_at)
        if type_ != conversations.CUSTOMER_UPDATED
        else request.received_at,
        key=key,
        account=as_object(body.get("account")).get("id"),
        customer=person.get("id"),
        user_id=person.get("identifier"),
        contact=person | {"phone": person.get("phone_number")},
        properties=properties,
    )
    return build_conversation_draft(CHANNEL_NAME, request, event)


def _event_time(body: dict[str, Any], received_at: datetime) -> datetime:
    """Return the time of the event, which Chatwoot writes in three formats; a status change has the time of arrival."""
    if body.get("event") == "conversation_status_changed":
        return received_at
    match body.get("created_at"):
        case int() | float() as seconds:
            return from_epoch(seconds)
        case str() as text if text.endswith(" UTC"):
            return parse_time(text.removesuffix(" UTC").replace(" ", "T") + "Z")
        case None:
            return received_at
        case value:
            return parse_time(value)


def _compute_signature(secret: str, body: bytes, time: str) -> bytes:
    message = time.encode("utf-8", "replace") + b"." + body
    return b"sha256=" + hmac.digest(secret.encode(), message, "sha256").hex().encode()


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Chatwoot",
    page=__doc__,
    secret=ProviderSecret(
        question="The webhook's secret (Chatwoot → Settings → Integrations → Webhooks)"
    ),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
