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
from regulars.channels.drafts import conversations as chat
from regulars.channels.drafts.batches import DeliveryItem
from regulars.channels.drafts.conversations import ConversationEvent
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.json_values import as_list, as_object, list_objects, parse_json
from regulars.channels.signatures.shared_secret import check_equal
from regulars.domain.errors import SignatureError

HEADER = "x-hub-signature-256"
SIGNING_SECRET = ProviderSecret(question="The app secret (in the Meta app: App settings → Basic)")
CREDENTIAL_FIELDS = {
    "verify_token": CredentialField(
        question="A word of your own, which you also paste at Meta as the verify token"
    )
}
_TOPICS = ("message", "postback", "read", "delivery")


def verify_meta(request: Request, secrets: Sequence[str]) -> None:
    """HMAC-SHA256 over the raw bytes by any live app secret; the older SHA-1 beside it is not looked at.

    https://developers.facebook.com/docs/messenger-platform/webhooks#validate-payloads
    """
    check_equal(
        request.headers.get(HEADER, ""), [_signature(secret, request.body) for secret in secrets]
    )


def answer_meta(request: Request) -> Reply | None:
    """The challenge of the GET by which Meta tries the address, if it names our word."""
    if request.method != "GET":
        return None
    token = request.config.get("verify_token")
    if request.query.get("hub.mode") != "subscribe" or not isinstance(token, str) or not token:
        raise SignatureError("handshake")
    check_equal(request.query.get("hub.verify_token", ""), [token.encode()])
    return Reply(body=request.query.get("hub.challenge", ""))


def meta_sample(blank: Request, secret: str) -> Request:
    """A signed delivery of an object nobody knows, which is set aside."""
    body = b'{"object":"test"}'
    headers = {"content-type": "application/json", HEADER: _signature(secret, body).decode()}
    return msgspec.structs.replace(blank, body=body, headers=headers)


def entries(request: Request, wanted: str) -> list[DeliveryItem]:
    """The entries of a delivery about this object; InvalidEventError(unknown_topic) for another one."""
    body = as_object(parse_json(request.body))
    if body.get("object") != wanted:
        raise UnknownTopicError
    return list_objects(body.get("entry"))


def parts(entry: DeliveryItem) -> Iterator[DeliveryItem]:
    """Each conversation's item and each change of an entry, with the entry's id and time; an entry of neither by itself."""
    shared = {"account": entry.get("id"), "time": entry.get("time")}
    messages, changes = list_objects(entry.get("messaging")), list_objects(entry.get("changes"))
    for told in messages:
        yield shared | {"messaging": told}
    for change in changes:
        value = as_object(change.get("value"))
        yield shared | {"field": change.get("field"), "value": value}
    if not messages and not changes:
        yield shared


def conversation(item: DeliveryItem) -> ConversationEvent:
    """One item of a page's inbox: what the person wrote or read, or what the page sent."""
    told = as_object(item.get("messaging"))
    topic = next((name for name in _TOPICS if name in told), None)
    if topic is None:
        raise UnknownTopicError
    said = as_object(told[topic])
    type_ = _type(topic, said)
    # The page's own messages come back as echoes, in which the person is the recipient.
    person = as_object(told.get("recipient" if type_ == chat.MESSAGE_SENT else "sender")).get("id")
    ids = [said.get("mid"), *as_list(said.get("mids"))]
    return ConversationEvent(
        type=type_,
        at=from_epoch(told.get("timestamp"), 1000),
        key=(person, told.get("timestamp"), said.get("watermark"), *ids),
        account=item.get("account"),
        customer=person,
        properties=_properties(topic, said),
    )


def _type(topic: str, said: dict[str, Any]) -> str:
    match topic:
        case "read":
            return chat.MESSAGE_READ
        case "delivery":
            return chat.MESSAGE_DELIVERED
    if said.get("is_deleted") is True:
        return chat.MESSAGE_DELETED
    return chat.MESSAGE_SENT if said.get("is_echo") is True else chat.MESSAGE_RECEIVED


def _properties(topic: str, said: dict[str, Any]) -> dict[str, Any]:
    attached = list_objects(said.get("attachments"))
    kinds = [chat.clean_word(each.get("type")) for each in attached[:10]]
    return {
        "message": chat.hash_reference(said.get("mid")),
        "kind": next(filter(None, kinds), "text" if topic == "message" else topic),
        "length": chat.count_characters(said.get("text")),
        "attachments": len(attached),
    }


def _signature(secret: str, body: bytes) -> bytes:
    return b"sha256=" + hmac.digest(secret.encode(), body, "sha256").hex().encode()
