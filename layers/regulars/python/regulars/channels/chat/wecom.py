"""Receive messages to a WeCom (WeChat Work) application, and joins and leaves of its users.

**Set up**

1. In the WeCom console, go to Apps → your application → Receive messages → Set API reception. Click Generate for the
   EncodingAESKey, copy it and leave the page open.
2. Copy the CorpID from the bottom of My Company.
3. Run `regulars connect wecom` and enter the CorpID and the EncodingAESKey. The command generates a token and prints
   the URL and the token as the secret.
4. Paste the URL and the token into the open page, select messages and events, and save. WeCom verifies the URL
   immediately.

**Rotate the token**: Run `regulars sources rotate wecom` and paste the new token in WeCom. The previous token stays
valid until the next rotation.

**Rotate the key**: Run `regulars connect wecom` again and enter the new key and the old key, separated by a comma.

**Events**

* `text`, `image`, `voice`, `video`, `location`, `link`, and a menu click (`click`) → Message Received
* `subscribe` → Contact Subscribed
* `unsubscribe` → Contact Unsubscribed
* Any other event → a reject with the reason `unknown_topic`

**Stored**

* The type and length of a message, the ID of the application, and a hash of the message ID.
* The WeCom user ID of the person in your company.

**Not stored**: text, pictures and locations.

**Notes**

* Signature: every envelope is encrypted and signed. A signature older than 10 minutes is rejected.
* Duplicates: the message ID, or the sender and the time, identify an event.
* XML with declarations, such as a DOCTYPE, is rejected before it is parsed.
"""

from collections.abc import Sequence
from datetime import datetime

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
from regulars.channels.fields.redaction import clean_token
from regulars.domain.errors import SignatureError

CHANNEL_NAME = "wecom"
TOPICS = {
    "text": chat.MESSAGE_RECEIVED,
    "image": chat.MESSAGE_RECEIVED,
    "voice": chat.MESSAGE_RECEIVED,
    "video": chat.MESSAGE_RECEIVED,
    "location": chat.MESSAGE_RECEIVED,
    "link": chat.MESSAGE_RECEIVED,
    "event.click": chat.MESSAGE_RECEIVED,
    "event.subscribe": chat.CONTACT_SUBSCRIBED,
    "event.unsubscribe": chat.CONTACT_UNSUBSCRIBED,
}


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """The signature over the sealed text, and its seal.

    https://developer.work.weixin.qq.com/document/path/90968
    """
    sealed = fields_of(request.body).get("Encrypt", "")
    if not sealed:
        raise SignatureError("missing")
    check_signature(request, secrets, now, "msg_signature", sealed)
    opened(request, sealed)


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:
    """What WeCom wants to hear back, opened, when it tries the address."""
    if request.method != "GET":
        return None
    echo = request.query.get("echostr", "")
    if not echo:
        raise SignatureError("missing")
    check_signature(request, secrets, now, "msg_signature", echo)
    return Reply(body=opened(request, echo).decode("utf-8", "replace"))


def translate_delivery(request: Request) -> list[Draft]:
    """One event."""
    told = fields_of(request.body)
    if is_sealed(request):
        told = fields_of(opened(request, told.get("Encrypt", "")))
    return [build_conversation_draft(CHANNEL_NAME, request, _message(told))]


def build_sample(blank: Request, secret: str) -> Request:
    """A sealed message of a kind nobody knows, which is set aside."""
    text = "<xml><MsgType>test</MsgType></xml>"
    return sealed_request(blank, secret, text, str(blank.config.get("app_id") or ""))


def _message(told: dict[str, str]) -> ConversationEvent:
    kind, event = told.get("MsgType", ""), told.get("Event", "")
    type_ = TOPICS.get(f"event.{event}" if kind == "event" else kind)
    if type_ is None:
        raise UnknownTopicError
    return ConversationEvent(
        type=type_,
        at=from_epoch(told.get("CreateTime")),
        key=(told.get("MsgId") or f"{event}/{told.get('CreateTime')}", told.get("FromUserName")),
        account=told.get("ToUserName"),
        customer=told.get("FromUserName"),
        properties={
            "message": chat.hash_reference(told.get("MsgId")),
            "kind": chat.clean_word(event or kind),
            "length": chat.count_characters(told.get("Content")),
            "agent_id": clean_token(told.get("AgentID")),
        },
    )


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="WeCom",
    page=__doc__,
    secret=GeneratedSecret(),
    verify=verify_delivery,
    translate=translate_delivery,
    answer_handshake=answer_handshake,
    reply=Reply(),
    build_sample=build_sample,
    config_fields={"app_id": ConfigField(question="The CorpID of the company")},
    credential_fields={
        "encoding_aes_key": CredentialField(
            question="The EncodingAESKey, 43 characters; without it WeCom signs the time and not the words"
        )
    },
)
