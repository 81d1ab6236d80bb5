"""Receive messages, follows, unfollows and WeChat shop orders of a WeChat Official Account.

**Set up**

1. In WeChat, go to Settings and Development → Basic configuration. Copy the AppID and the EncodingAESKey. Click
   Generate to create the key.
2. Run `regulars connect wechat` and enter the AppID and the EncodingAESKey. The command generates a token and prints
   the URL and the token as the secret.
3. On the same page in WeChat, go to Server configuration → Change. Paste the URL and the token, choose Security mode,
   submit and enable the configuration.
4. Do not choose plain mode. The signature of a plain delivery covers the time and not the content. As soon as the
   EncodingAESKey is configured here, plain deliveries are rejected.

**Rotate the token**: Run `regulars sources rotate wechat` and paste the new token in WeChat. The previous token stays
valid until the next rotation.

**Rotate the key**: Run `regulars connect wechat` again and enter the new key and the old key, separated by a comma.

**Events**

* `text`, `image`, `voice`, `video`, `shortvideo`, `location`, `link`, and a menu click (`CLICK`) → Message Received
* `subscribe` → Contact Subscribed, with the QR code that the person scanned. It grants the consent to WeChat
  messages.
* `unsubscribe` → Contact Unsubscribed. It withdraws that consent.
* `merchant_order` → Order Created, with its product and without a price. WeChat does not send the price.
* Any other event → a reject with the reason `unknown_topic`

**Stored**

* The type and length of a message, and a hash of the message ID.
* The OpenID, which is the ID of the person for this account.

**Not stored**: text, pictures and locations.

**Notes**

* Retries: WeChat tries a delivery three times within 15 seconds. A signature older than 10 minutes is rejected.
* Duplicates: the message ID, or the sender and the time, identify an event.
* XML with declarations, such as a DOCTYPE, is rejected before it is parsed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from regulars.channels.chat.wechat.envelope import (
    build_encrypted_request,
    check_signature,
    decrypt_envelope,
    is_encrypted,
    parse_xml_fields,
)
from regulars.channels.contract import (
    Channel,
    ConfigField,
    CredentialField,
    Draft,
    GeneratedSecret,
    Reply,
    Request,
    UnknownTopicError,
)
from regulars.channels.drafts import conversations
from regulars.channels.drafts.conversations import ConversationEvent, build_conversation_draft
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.items import build_item
from regulars.channels.fields.redaction import clean_token
from regulars.domain.errors import InvalidEventError, SignatureError

CHANNEL_NAME = "wechat"
TOPICS = {
    "text": conversations.MESSAGE_RECEIVED,
    "image": conversations.MESSAGE_RECEIVED,
    "voice": conversations.MESSAGE_RECEIVED,
    "video": conversations.MESSAGE_RECEIVED,
    "shortvideo": conversations.MESSAGE_RECEIVED,
    "location": conversations.MESSAGE_RECEIVED,
    "link": conversations.MESSAGE_RECEIVED,
    "event.CLICK": conversations.MESSAGE_RECEIVED,
    "event.subscribe": conversations.CONTACT_SUBSCRIBED,
    "event.unsubscribe": conversations.CONTACT_UNSUBSCRIBED,
    "event.merchant_order": "Order Created",
}
_SCENE_PREFIX = "qrscene_"


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """Verify the signature of the encrypted text and its decryption; without a configured key, the signature of the time."""
    if not is_encrypted(request):
        check_signature(request, secrets, now, "signature")
        return
    encrypted = parse_xml_fields(request.body).get("Encrypt", "")
    if not encrypted:
        raise SignatureError("missing")
    check_signature(request, secrets, now, "msg_signature", encrypted)
    decrypt_envelope(request, encrypted)


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:
    """Return the echo string, which WeChat sends to test the URL."""
    if request.method != "GET":
        return None
    check_signature(request, secrets, now, "signature")
    return Reply(body=request.query.get("echostr", ""))


def translate_delivery(request: Request) -> list[Draft]:
    """Return the event of a delivery."""
    fields = parse_xml_fields(request.body)
    if is_encrypted(request):
        fields = parse_xml_fields(decrypt_envelope(request, fields.get("Encrypt", "")))
    return [build_conversation_draft(CHANNEL_NAME, request, _build_event(fields, request))]


def build_sample(blank: Request, secret: str) -> Request:
    """Return an encrypted message of an unknown kind, which becomes a reject."""
    text = "<xml><MsgType>test</MsgType></xml>"
    return build_encrypted_request(blank, secret, text, str(blank.config.get("app_id") or ""))


def _build_event(fields: dict[str, str], request: Request) -> ConversationEvent:
    kind, event = fields.get("MsgType", ""), fields.get("Event", "")
    type_ = TOPICS.get(f"event.{event}" if kind == "event" else kind)
    if type_ is None:
        raise UnknownTopicError
    item = build_item(fields.get("ProductId"), 1) if event == "merchant_order" else None
    return ConversationEvent(
        type=type_,
        at=_event_time(fields, request.received_at),
        key=_event_key(fields),
        account=fields.get("ToUserName"),
        customer=fields.get("FromUserName"),
        items=(item,) if item else (),
        properties=_build_properties(fields),
    )


def _event_key(fields: dict[str, str]) -> tuple[object, ...]:
    # An event has no id. WeChat documents that its sender and its time identify it.
    event_id = f"{fields.get('Event', '')}/{fields.get('CreateTime')}"
    return fields.get("MsgId") or event_id, fields.get("FromUserName")


def _build_properties(fields: dict[str, str]) -> dict[str, Any]:
    scene = fields.get("EventKey", "")
    return {
        "message": conversations.hash_reference(fields.get("MsgId")),
        "kind": conversations.clean_word(fields.get("Event") or fields.get("MsgType")),
        "length": conversations.count_characters(fields.get("Content")),
        "scene": clean_token(scene.removeprefix(_SCENE_PREFIX))
        if scene.startswith(_SCENE_PREFIX)
        else "",
        "order_id": clean_token(fields.get("OrderId")),
    }


def _event_time(fields: dict[str, str], received_at: datetime) -> datetime:
    """Return the time of the event; the time of receipt if it has no valid time."""
    try:
        return from_epoch(fields.get("CreateTime"))
    except InvalidEventError:
        return received_at


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="WeChat",
    page=__doc__,
    secret=GeneratedSecret(),
    verify=verify_delivery,
    translate=translate_delivery,
    answer_handshake=answer_handshake,
    reply=Reply(body="success"),
    build_sample=build_sample,
    config_fields={"app_id": ConfigField(question="The AppID of the account")},
    credential_fields={
        "encoding_aes_key": CredentialField(
            question="The EncodingAESKey, 43 characters; without it WeChat signs the time and not the content"
        )
    },
)
