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
    check_signature,
    fields_of,
    is_sealed,
    opened,
    sealed_request,
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
from regulars.channels.drafts import conversations as chat
from regulars.channels.drafts.conversations import ConversationEvent, build_conversation_draft
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.items import build_item
from regulars.channels.fields.redaction import clean_token
from regulars.domain.errors import InvalidEventError, SignatureError

CHANNEL_NAME = "wechat"
TOPICS = {
    "text": chat.MESSAGE_RECEIVED,
    "image": chat.MESSAGE_RECEIVED,
    "voice": chat.MESSAGE_RECEIVED,
    "video": chat.MESSAGE_RECEIVED,
    "shortvideo": chat.MESSAGE_RECEIVED,
    "location": chat.MESSAGE_RECEIVED,
    "link": chat.MESSAGE_RECEIVED,
    "event.CLICK": chat.MESSAGE_RECEIVED,
    "event.subscribe": chat.CONTACT_SUBSCRIBED,
    "event.unsubscribe": chat.CONTACT_UNSUBSCRIBED,
    "event.merchant_order": "Order Created",
}
_SCENE = "qrscene_"


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """The signature over the sealed text, and its seal; without a key set up, the one over the time alone."""
    if not is_sealed(request):
        check_signature(request, secrets, now, "signature")
        return
    sealed = fields_of(request.body).get("Encrypt", "")
    if not sealed:
        raise SignatureError("missing")
    check_signature(request, secrets, now, "msg_signature", sealed)
    opened(request, sealed)


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:
    """What WeChat wants to hear back when it tries the address."""
    if request.method != "GET":
        return None
    check_signature(request, secrets, now, "signature")
    return Reply(body=request.query.get("echostr", ""))


def translate_delivery(request: Request) -> list[Draft]:
    """One event."""
    told = fields_of(request.body)
    if is_sealed(request):
        told = fields_of(opened(request, told.get("Encrypt", "")))
    return [build_conversation_draft(CHANNEL_NAME, request, _message(told, request))]


def build_sample(blank: Request, secret: str) -> Request:
    """A sealed message of a kind nobody knows, which is set aside."""
    text = "<xml><MsgType>test</MsgType></xml>"
    return sealed_request(blank, secret, text, str(blank.config.get("app_id") or ""))


def _message(told: dict[str, str], request: Request) -> ConversationEvent:
    kind, event = told.get("MsgType", ""), told.get("Event", "")
    type_ = TOPICS.get(f"event.{event}" if kind == "event" else kind)
    if type_ is None:
        raise UnknownTopicError
    item = build_item(told.get("ProductId"), 1) if event == "merchant_order" else None
    return ConversationEvent(
        type=type_,
        at=_moment(told, request.received_at),
        # An event has no id; its sender and its time are one, says WeChat.
        key=(told.get("MsgId") or f"{event}/{told.get('CreateTime')}", told.get("FromUserName")),
        account=told.get("ToUserName"),
        customer=told.get("FromUserName"),
        items=(item,) if item else (),
        properties=_properties(told),
    )


def _properties(told: dict[str, str]) -> dict[str, Any]:
    scene = told.get("EventKey", "")
    return {
        "message": chat.hash_reference(told.get("MsgId")),
        "kind": chat.clean_word(told.get("Event") or told.get("MsgType")),
        "length": chat.count_characters(told.get("Content")),
        "scene": clean_token(scene.removeprefix(_SCENE)) if scene.startswith(_SCENE) else "",
        "order_id": clean_token(told.get("OrderId")),
    }


def _moment(told: dict[str, str], received_at: datetime) -> datetime:
    """When it was; when it came, if it tells no time there can be."""
    try:
        return from_epoch(told.get("CreateTime"))
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
            question="The EncodingAESKey, 43 characters; without it WeChat signs the time and not the words"
        )
    },
)
