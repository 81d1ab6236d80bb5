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
from regulars.channels.fields.redaction import clean_token
from regulars.domain.errors import SignatureError

CHANNEL_NAME = "wecom"
TOPICS = {
    "text": conversations.MESSAGE_RECEIVED,
    "image": conversations.MESSAGE_RECEIVED,
    "voice": conversations.MESSAGE_RECEIVED,
    "video": conversations.MESSAGE_RECEIVED,
    "location": conversations.MESSAGE_RECEIVED,
    "link": conversations.MESSAGE_RECEIVED,
    "event.click": conversations.MESSAGE_RECEIVED,
    "event.subscribe": conversations.CONTACT_SUBSCRIBED,
    "event.unsubscribe": conversations.CONTACT_UNSUBSCRIBED,
}


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """Verify the signature of the encrypted text, and that it can be decrypted.

    https://developer.work.weixin.qq.com/document/path/90968
    """
    encrypted = parse_xml_fields(request.body).get("Encrypt", "")
    if not encrypted:
        raise SignatureError("missing")
    check_signature(request, secrets, now, "msg_signature", encrypted)
    decrypt_envelope(request, encrypted)


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:
    """Return the decrypted echo string, which WeCom sends to test the URL."""
    if request.method != "GET":
        return None
    echo = request.query.get("echostr", "")
    if not echo:
        raise SignatureError("missing")
    check_signature(request, secrets, now, "msg_signature", echo)
    return Reply(body=decrypt_envelope(request, echo).decode("utf-8", "replace"))


def translate_delivery(request: Request) -> list[Draft]:
    """Return the event of a delivery."""
    fields = parse_xml_fields(request.body)
    if is_encrypted(request):
        fields = parse_xml_fields(decrypt_envelope(request, fields.get("Encrypt", "")))
    return [build_conversation_draft(CHANNEL_NAME, request, _build_event(fields))]


def build_sample(blank: Request, secret: str) -> Request:
    """Return an encrypted message of an unknown kind, which becomes a reject."""
    text = "<xml><MsgType>test</MsgType></xml>"
    return build_encrypted_request(blank, secret, text, str(blank.config.get("app_id") or ""))


def _build_event(fields: dict[str, str]) -> ConversationEvent:
    kind, event = fields.get("MsgType", ""), fields.get("Event", "")
    type_ = TOPICS.get(f"event.{event}" if kind == "event" else kind)
    if type_ is None:
        raise UnknownTopicError
    return ConversationEvent(
        type=type_,
        at=from_epoch(fields.get("CreateTime")),
        key=(
            fields.get("MsgId") or f"{event}/{fields.get('CreateTime')}",
            fields.get("FromUserName"),
        ),
        account=fields.get("ToUserName"),
        customer=fields.get("FromUserName"),
        properties={
            "message": conversations.hash_reference(fields.get("MsgId")),
            "kind": conversations.clean_word(event or kind),
            "length": conversations.count_characters(fields.get("Content")),
            "agent_id": clean_token(fields.get("AgentID")),
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
            question="The EncodingAESKey, 43 characters; without it WeCom signs the time and not the content"
        )
    },
)
