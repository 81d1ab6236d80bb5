"""Verify the signature, answer the handshake and read the conversations that all Meta channels share."""

import hmac
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from regulars.channels.contract import (
    CredentialField,
    ProviderSecret,
    Reply,
    Request,
    UnknownTopicError,
)
from regulars.channels.drafts import conversations
from regulars.channels.drafts.batches import DeliveryItem
from regulars.channels.drafts.conversations import ConversationEvent
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.json_values import as_list, as_object, list_objects, parse_json
from regulars.channels.signatures.shared_secret import check_equal
from regulars.domain.errors import SignatureError

SIGNATURE_HEADER = "x-hub-signature-256"
SIGNING_SECRET = ProviderSecret(question="The app secret (in the Meta app: App settings → Basic)")
CREDENTIAL_FIELDS = {
    "verify_token": CredentialField(
        question="A verify token of your choice, which you also enter at Meta"
    )
}
MAX_ATTACHMENTS = 10
_TOPICS = ("message", "postback", "read", "delivery")


def verify_meta_signature(request: Request, secrets: Sequence[str]) -> None:
    """Compare the HMAC-SHA256 of the raw body under each live app secret; ignore the older SHA-1 signature.

    https://developers.facebook.com/docs/messenger-platform/webhooks#validate-payloads
    """
    check_equal(
        request.headers.get(SIGNATURE_HEADER, ""),
        [_compute_signature(secret, request.body) for secret in secrets],
    )


def answer_challenge(request: Request) -> Reply | None:
    """Answer the challenge of the GET request by which Meta tests the URL, if it contains the configured verify token."""
    if request.method != "GET":
        return None
    token = request.config.get("verify_token")
    if request.query.get("hub.mode") != "subscribe" or not isinstance(token, str) or not token:
        raise SignatureError("handshake")
    check_equal(request.query.get("hub.verify_token", ""), [token.encode()])
    return Reply(body=request.query.get("hub.challenge", ""))


def build_meta_sample(blank: Request, secret: str) -> Request:
    """Return a signed delivery with an unknown object, which becomes a reject."""
    body = b'{"object":"test"}'
    headers = {
        "content-type": "application/json",
        SIGNATURE_HEADER: _compute_signature(secret, body).decode(),
    }
    return msgspec.structs.replace(blank, body=body, headers=headers)


def list_entries(request: Request, object_name: str) -> list[DeliveryItem]:
    """Return the entries of a delivery about this object; raise UnknownTopicError for another object."""
    body = as_object(parse_json(request.body))
    if body.get("object") != object_name:
        raise UnknownTopicError
    return list_objects(body.get("entry"))


def split_entry(entry: DeliveryItem) -> Iterator[DeliveryItem]:
    """Yield each message item and each change of an entry, with the id and time of the entry; yield an empty entry itself."""
    shared = {"account": entry.get("id"), "time": entry.get("time")}
    messages, changes = list_objects(entry.get("messaging")), list_objects(entry.get("changes"))
    for message in messages:
        yield shared | {"messaging": message}
    for change in changes:
        value = as_object(change.get("value"))
        yield shared | {"field": change.get("field"), "value": value}
    if not messages and not changes:
        yield shared


def build_conversation_event(item: DeliveryItem) -> ConversationEvent:
    """Return the event of an inbox item: a message or a read receipt of the person, or a message of the page."""
    message = as_object(item.get("messaging"))
    topic = next((name for name in _TOPICS if name in message), None)
    if topic is None:
        raise UnknownTopicError
    details = as_object(message[topic])
    type_ = _find_event_type(topic, details)
    # Meta sends a message of the page as an echo, in which the person is the recipient.
    person_field = "recipient" if type_ == conversations.MESSAGE_SENT else "sender"
    person_id = as_object(message.get(person_field)).get("id")
    ids = [details.get("mid"), *as_list(details.get("mids"))]
    return ConversationEvent(
        type=type_,
        at=from_epoch(message.get("timestamp"), 1000),
        key=(person_id, message.get("timestamp"), details.get("watermark"), *ids),
        account=item.get("account"),
        customer=person_id,
        properties=_build_properties(topic, details),
    )


def _find_event_type(topic: str, details: dict[str, Any]) -> str:
    match topic:
        case "read":
            return conversations.MESSAGE_READ
        case "delivery":
            return conversations.MESSAGE_DELIVERED
    if details.get("is_deleted") is True:
        return conversations.MESSAGE_DELETED
    return (
        conversations.MESSAGE_SENT
        if details.get("is_echo") is True
        else conversations.MESSAGE_RECEIVED
    )


def _build_properties(topic: str, details: dict[str, Any]) -> dict[str, Any]:
    attachments = list_objects(details.get("attachments"))
    kinds = [
        conversations.clean_word(attachment.get("type"))
        for attachment in attachments[:MAX_ATTACHMENTS]
    ]
    return {
        "message": conversations.hash_reference(details.get("mid")),
        "kind": next(filter(None, kinds), "text" if topic == "message" else topic),
        "length": conversations.count_characters(details.get("text")),
        "attachments": len(attachments),
    }


def _compute_signature(secret: str, body: bytes) -> bytes:
    return b"sha256=" + hmac.digest(secret.encode(), body, "sha256").hex().encode()
