"""Receive inbound SMS, MMS and WhatsApp messages, delivery states and STOP or START replies from Twilio.

**Set up**

1. Copy the auth token: Twilio Console → Account → API keys & tokens. If your account signs with a shared key, copy
   that key.
2. Run `regulars connect twilio`. It prints the URL and then asks for the auth token.
3. In the console, go to Phone Numbers → your number → Messaging → "A message comes in". Choose Webhook, paste the
   URL and choose HTTP POST. For a Messaging Service, go to Integration → Send a webhook. For WhatsApp, use the
   webhook URL of the sender.
4. For the delivery states of your outbound messages, paste the same URL as the status callback URL.
5. Paste the URL exactly as printed, because Twilio signs the URL with the request. You may append query parameters
   after a `?`.

**Rotate the secret**: Create a secondary auth token, run `regulars sources rotate twilio` and enter it, then promote
it in Twilio.

**Events**

* `received` → Message Received
* `received` with the `OptOutType` STOP → Unsubscribed; START → Subscribed; for SMS or for WhatsApp. HELP is a
  message.
* `sent` → Message Sent
* `delivered` → Message Delivered
* `read` → Message Read
* `failed`, `undelivered` → Message Failed
* `queued`, `sending`, `accepted` and any other status → a reject with the reason `unknown_topic`

**Stored**

* The length of the text, the number of pictures, the error code and a hash of the message ID.
* The phone number and the WhatsApp profile name as contact data.

**Not stored**: the text, and the city that Twilio infers from the number.

**Notes**

* Replies: Regulars returns an empty response, so Twilio sends no reply to the person.
* Retries: Twilio does not retry by default. Append `#rc=5` to the URL and Twilio tries five times.
* Time: Twilio sends no event time. The event has the time of receipt.
* Duplicates: the message and the status identify an event.
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

import msgspec

from regulars.channels.contract import (
    Channel,
    Draft,
    ProviderSecret,
    Reply,
    Request,
    UnknownTopicError,
)
from regulars.channels.drafts import conversations as chat
from regulars.channels.drafts.conversations import ConversationEvent, build_conversation_draft
from regulars.channels.fields.form_body import parse_form_fields
from regulars.channels.fields.texts import require_id
from regulars.channels.signatures.shared_secret import check_equal
from regulars.domain.errors import InvalidRequestError, SignatureError

CHANNEL_NAME = "twilio"
STATUSES = {
    "received": chat.MESSAGE_RECEIVED,
    "sent": chat.MESSAGE_SENT,
    "delivered": chat.MESSAGE_DELIVERED,
    "read": chat.MESSAGE_READ,
    "failed": chat.MESSAGE_FAILED,
    "undelivered": chat.MESSAGE_FAILED,
}
OPT_OUTS = {"STOP": ("Unsubscribed", "denied"), "START": ("Subscribed", "granted")}
_SIGNATURE = "x-twilio-signature"
_SETTINGS = "x-twilio-webhooks-signature-settings"
_DIGESTS = {"": "sha1", "HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_FORM = "application/x-www-form-urlencoded"
_PORTS = {"https": "443", "http": "80"}


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (it carries no time)
    """HMAC over the URL with its query and the sorted fields, or over a URL that holds the hash of the body.

    https://www.twilio.com/docs/usage/security#validating-requests
    """
    given = request.headers.get(_SIGNATURE, "")
    if not given:
        raise SignatureError("missing")
    digest = _DIGESTS.get(_algorithm(request.headers.get(_SETTINGS, "")))
    if digest is None:
        raise SignatureError("scheme")
    fields = _fields(request)
    wanted = [
        base64.b64encode(hmac.digest(secret.encode(), _message(url, fields), digest))
        for secret in secrets
        for url in _urls(request)
    ]
    check_equal(given, wanted)


def translate_delivery(request: Request) -> list[Draft]:
    """One event: of a message, of its status, or of the person's opting out or in."""
    if not _is_form(request):
        raise UnknownTopicError
    fields = {name: values[0] for name, values in parse_form_fields(request).items()}
    status = (fields.get("MessageStatus") or fields.get("SmsStatus") or "").lower()
    type_ = STATUSES.get(status)
    if type_ is None:
        raise UnknownTopicError
    message_id = require_id(fields.get("MessageSid") or fields.get("SmsSid"), "MessageSid")
    incoming = type_ == chat.MESSAGE_RECEIVED
    number = fields.get("From" if incoming else "To", "")
    medium = "whatsapp" if number.startswith("whatsapp:") else "sms"
    opted = OPT_OUTS.get(fields.get("OptOutType", "").upper()) if incoming else None
    message = ConversationEvent(
        type=opted[0] if opted else type_,
        at=request.received_at,
        key=(message_id,),
        account=fields.get("AccountSid"),
        contact={"phone": number, "name": fields.get("ProfileName") if incoming else ""},
        consents={medium: opted[1]} if opted else {},
        basis=fields.get("OptOutType", "").lower() if opted else "",
        properties=_properties(fields, message_id, medium),
    )
    return [build_conversation_draft(CHANNEL_NAME, request, message)]


def build_sample(blank: Request, secret: str) -> Request:
    """A signed status nobody knows, which is set aside."""
    request = msgspec.structs.replace(
        blank, body=b"MessageStatus=test", headers={"content-type": _FORM}
    )
    signed = hmac.digest(secret.encode(), _message(_urls(request)[0], _fields(request)), "sha1")
    headers = request.headers | {_SIGNATURE: base64.b64encode(signed).decode()}
    return msgspec.structs.replace(request, headers=headers)


def _properties(fields: Mapping[str, str], message_id: str, medium: str) -> dict[str, object]:
    code, pictures = fields.get("ErrorCode", ""), fields.get("NumMedia", "")
    return {
        "message": chat.hash_reference(message_id),
        "medium": medium,
        "length": chat.count_characters(fields.get("Body")),
        "attachments": int(pictures[:3]) if pictures.isdecimal() else 0,
        "error_code": chat.clean_word(code),
    }


def _algorithm(settings: str) -> str:
    """The algorithm Twilio says it signed with; '' when it says nothing."""
    pairs = (pair.partition("=") for pair in settings.split(","))
    said = (value.strip().upper() for name, _, value in pairs if name.strip() == "algorithm")
    return next(said, "")


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith(_FORM)


def _fields(request: Request) -> dict[str, list[str]]:
    """The signed fields of a form; none for another body, whose hash must then be in the URL, which is signed."""
    if _is_form(request):
        try:
            return parse_form_fields(request)
        except InvalidRequestError:
            raise SignatureError("malformed") from None
    said = [value for name, value in parse_qsl(request.raw_query) if name == "bodySHA256"]
    if said != [sha256(request.body).hexdigest()]:
        raise SignatureError("signature")
    return {}


def _urls(request: Request) -> tuple[str, str]:
    """The public URL with the query that came, without its port and with it: Twilio signs either."""
    address = urlsplit(request.url)
    query = f"?{request.raw_query}" if request.raw_query else ""
    host, _, port = address.netloc.rpartition(":")
    if not port.isdecimal():  # no port, and perhaps a colon within `user:password@`
        host, port = address.netloc, ""
    port, rest = port or _PORTS.get(address.scheme, ""), f"{address.path}{query}"
    return f"{address.scheme}://{host}{rest}", f"{address.scheme}://{host}:{port}{rest}"


def _message(url: str, fields: Mapping[str, Sequence[str]]) -> bytes:
    pairs = (name + value for name in sorted(fields) for value in sorted(set(fields[name])))
    return (url + "".join(pairs)).encode("utf-8", "replace")


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Twilio",
    page=__doc__,
    secret=ProviderSecret(
        question="The auth token (or the shared key, if your account signs with one)"
    ),
    verify=verify_delivery,
    translate=translate_delivery,
    reply=Reply(body="<Response/>", content_type="text/xml"),
    build_sample=build_sample,
)
