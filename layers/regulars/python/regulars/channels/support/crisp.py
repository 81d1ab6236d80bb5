"""Receive messages of visitors and operators, and the contact details that visitors leave, from Crisp.

**Set up** (web hooks require a paid Crisp plan)

1. Run `regulars connect crisp`. It prints the URL and then asks for the signing secret.
2. In Crisp, go to Settings → Workspace settings → Advanced configuration → Web Hooks → Add a Web Hook. Paste the URL
   and select `message:send`, `message:received`, `session:set_email` and `session:set_phone`.
3. Copy the signing secret that Crisp then shows and enter it in `regulars connect crisp`.

**Rotate the secret**: Create a second web hook, enter its secret in `regulars sources rotate crisp`, and delete the
first web hook.

**Events**

* `message:send` (by the visitor) → Message Received
* `message:received` (by the operator) → Message Sent
* `session:set_email`, `session:set_phone` → Identity Linked
* A note among operators → no event
* Any other event → a reject with the reason `unknown_topic`

**Stored**

* The type and length of a message, and hashes of the message ID and the session ID.
* The Crisp session as an identifier; e-mail address and phone number as contact data.

**Not stored**: text, files and nicknames.

**Notes**

* Signature: a delivery older than one day is rejected.
* Duplicates: the session and the fingerprint of a message identify it. Both are signed.
"""

import hmac
import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.contract import Channel, Draft, ProviderSecret, Request, UnknownTopicError
from regulars.channels.drafts import conversations
from regulars.channels.drafts.conversations import ConversationEvent, build_conversation_draft
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.json_values import ObjectReader, as_object
from regulars.channels.signatures.shared_secret import check_equal
from regulars.domain.errors import SignatureError

CHANNEL_NAME = "crisp"
MESSAGE_TYPES = {"user": conversations.MESSAGE_RECEIVED, "operator": conversations.MESSAGE_SENT}
CONTACT_TOPICS = {"session:set_email": "email", "session:set_phone": "phone"}
NOTE_TYPE = "note"
# The documentation does not say whether a retry gets a new signature.
TOLERANCE_SECONDS = 24 * 60 * 60
_SIGNATURE_HEADER, _TIME_HEADER = "x-crisp-signature", "x-crisp-request-timestamp"
_MILLISECONDS_PATTERN = re.compile(r"[0-9]{1,16}")
_READER = ObjectReader(("website_id", "event", "data", "timestamp"))


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """Compare the HMAC-SHA256 of time and raw body in brackets under each live secret.

    https://docs.crisp.chat/guides/web-hooks/#verify-web-hook-signatures
    """
    time = request.headers.get(_TIME_HEADER, "")
    if not time:
        raise SignatureError("missing")
    signatures = [_compute_signature(secret, request.body, time) for secret in secrets]
    check_equal(request.headers.get(_SIGNATURE_HEADER, ""), signatures)
    signed_at = int(time) / 1000 if _MILLISECONDS_PATTERN.fullmatch(time) else 0
    if abs(now.timestamp() - signed_at) > TOLERANCE_SECONDS:
        raise SignatureError("timestamp")


def translate_delivery(request: Request) -> list[Draft]:
    """Return one event; none for a note of operators."""
    body = _READER.read(request.body)
    topic, data = str(body.get("event")), as_object(body.get("data"))
    at = from_epoch(data.get("timestamp") or body.get("timestamp"), 1000)
    session = data.get("session_id")
    if topic in {"message:send", "message:received"}:
        if data.get("type") == NOTE_TYPE:
            return []
        event_fields = _message_fields(data)
    elif topic in CONTACT_TOPICS:
        name = CONTACT_TOPICS[topic]
        key = (topic, session, body.get("timestamp"), data.get(name))
        event_fields = {
            "type": conversations.IDENTITY_LINKED,
            "key": key,
            "contact": {name: data.get(name)},
        }
    else:
        raise UnknownTopicError
    event = ConversationEvent(
        at=at, account=body.get("website_id"), customer=session, **event_fields
    )
    return [build_conversation_draft(CHANNEL_NAME, request, event)]


def build_sample(blank: Request, secret: str) -> Request:
    """Return a signed delivery with an unknown topic, which becomes a reject."""
    now = int(blank.received_at.timestamp() * 1000)
    body = json.dumps({"event": "test", "timestamp": now}).encode()
    headers = {
        _TIME_HEADER: str(now),
        _SIGNATURE_HEADER: _compute_signature(secret, body, str(now)).decode(),
    }
    headers["content-type"] = "application/json"
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _message_fields(data: dict[str, Any]) -> dict[str, Any]:
    type_ = MESSAGE_TYPES.get(str(data.get("from")))
    if type_ is None:
        raise UnknownTopicError
    session, fingerprint = data.get("session_id"), data.get("fingerprint")
    return {
        "type": type_,
        "key": (session, fingerprint),
        "properties": {
            "message": conversations.hash_reference(f"{session}/{fingerprint}"),
            "conversation": conversations.hash_reference(session),
            "kind": conversations.clean_word(data.get("type")),
            "length": conversations.count_characters(data.get("content")),
        },
    }


def _compute_signature(secret: str, body: bytes, time: str) -> bytes:
    message = b"[" + time.encode("utf-8", "replace") + b";" + body + b"]"
    return hmac.digest(secret.encode(), message, "sha256").hex().encode()


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Crisp",
    page=__doc__,
    secret=ProviderSecret(question="The Web Hook's signing secret"),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
