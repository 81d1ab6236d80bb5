"""WeChat Official Accounts: messages, who followed or left, and orders of a WeChat shop, from sealed envelopes.

Set it up
* Run `regulars connect wechat`. It makes up a token and asks for two things of the account: the AppID and the
  EncodingAESKey, both under Settings and Development → Basic configuration (press Generate for the key). It prints the URL.
* At the same place: Server configuration → Change. Paste the URL and the token, choose Security mode, submit, enable.
* Do not choose plain mode: WeChat signs the time of a plain delivery and not what it says. Once the key is set up here,
  plain deliveries are refused.
* To rotate the token: run `regulars sources rotate wechat` and paste the new one; both count until the old one is taken
  away. To rotate the key, run `regulars connect wechat` again and give it the new key and the old one, with a comma between.

Events
* text, image, voice, video, shortvideo, location, link, and a press in the menu (CLICK) → Message Received,
* subscribe → Contact Subscribed, with the QR code it came by, and consent to WeChat messages; unsubscribe → Contact
  Unsubscribed, which takes it back,
* merchant_order → Order Created, with its product: WeChat does not tell the price.
* Anything else is set aside as unknown_topic.

What is stored
* The kind of a message and how long its text is; never the text, a picture or a place. Of a message's id, a fingerprint.
* The OpenID, which is WeChat's id of the person for this account.
* WeChat tries three times within fifteen seconds; a signature older than ten minutes is refused. The message's id, or the
  sender and the time, make an event the one it is. XML that declares anything (a DOCTYPE) is refused before it is read.
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
)
from regulars.channels.drafts import conversations as chat
from regulars.channels.drafts.conversations import Message, message_draft
from regulars.channels.drafts.sales import item_of, unknown_topic
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.redaction import clean_token
from regulars.domain.errors import InvalidEventError, SignatureError

CHANNEL_NAME = "wechat"
TOPICS = {
    "text": chat.RECEIVED,
    "image": chat.RECEIVED,
    "voice": chat.RECEIVED,
    "video": chat.RECEIVED,
    "shortvideo": chat.RECEIVED,
    "location": chat.RECEIVED,
    "link": chat.RECEIVED,
    "event.CLICK": chat.RECEIVED,
    "event.subscribe": chat.JOINED,
    "event.unsubscribe": chat.LEFT,
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
    return [message_draft(CHANNEL_NAME, request, _message(told, request))]


def build_sample(blank: Request, secret: str) -> Request:
    """A sealed message of a kind nobody knows, which is set aside."""
    text = "<xml><MsgType>test</MsgType></xml>"
    return sealed_request(blank, secret, text, str(blank.config.get("app_id") or ""))


def _message(told: dict[str, str], request: Request) -> Message:
    kind, event = told.get("MsgType", ""), told.get("Event", "")
    type_ = TOPICS.get(f"event.{event}" if kind == "event" else kind)
    if type_ is None:
        raise unknown_topic()
    item = item_of(told.get("ProductId"), 1) if event == "merchant_order" else None
    return Message(
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
        "message": chat.reference(told.get("MsgId")),
        "kind": chat.kind(told.get("Event") or told.get("MsgType")),
        "length": chat.length(told.get("Content")),
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
