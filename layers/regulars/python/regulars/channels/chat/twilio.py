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
from regulars.channels.drafts import conversations
from regulars.channels.drafts.conversations import ConversationEvent, build_conversation_draft
from regulars.channels.fields.form_body import parse_form_fields
from regulars.channels.fields.texts import require_id
from regulars.channels.signatures.shared_secret import check_equal
from regulars.domain.errors import InvalidRequestError, SignatureError

CHANNEL_NAME = "twilio"
STATUS_TYPES = {
    "received": conversations.MESSAGE_RECEIVED,
    "sent": conversations.MESSAGE_SENT,
    "delivered": conversations.MESSAGE_DELIVERED,
    "read": conversations.MESSAGE_READ,
    "failed": conversations.MESSAGE_FAILED,
    "undelivered": conversations.MESSAGE_FAILED,
}
OPT_OUT_TYPES = {"STOP": ("Unsubscribed", "denied"), "START": ("Subscribed", "granted")}
_SIGNATURE_HEADER = "x-twilio-signature"
_SETTINGS_HEADER = "x-twilio-webhooks-signature-settings"
_DIGESTS = {"": "sha1", "HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_FORM_CONTENT_TYPE = "application/x-www-form-urlencoded"
_DEFAULT_PORTS = {"https": "443", "http": "80"}


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (a delivery has no signing time)
    """Compare the HMAC of the URL with its query and the sorted fields, or of a URL that contains the hash of the body.

    https://www.twilio.com/docs/usage/security#validating-requests
    """
    signature = request.headers.get(_SIGNATURE_HEADER, "")
    if not signature:
        raise SignatureError("missing")
    digest = _find_digest(request.headers.get(_SETTINGS_HEADER, ""))
    fields = _read_signed_fields(request)
    signatures = [
        base64.b64encode(hmac.digest(secret.encode(), _build_signed_message(url, fields), digest))
        for secret in secrets
        for url in _list_signed_urls(request)
    ]
    check_equal(signature, signatures)


def translate_delivery(request: Request) -> list[Draft]:
    """Return the event of a message, of its status, or of an opt-out or opt-in."""
    if not _is_form(request):
        raise UnknownTopicError
    fields = {name: values[0] for name, values in parse_form_fields(request).items()}
    status = (fields.get("MessageStatus") or fields.get("SmsStatus") or "").lower()
    type_ = STATUS_TYPES.get(status)
    if type_ is None:
        raise UnknownTopicError
    message_id = require_id(fields.get("MessageSid") or fields.get("SmsSid"), "MessageSid")
    is_incoming = type_ == conversations.MESSAGE_RECEIVED
    number = fields.get("From" if is_incoming else "To", "")
    medium = "whatsapp" if number.startswith("whatsapp:") else "sms"
    opt_out = OPT_OUT_TYPES.get(fields.get("OptOutType", "").upper()) if is_incoming else None
    event = ConversationEvent(
        type=opt_out[0] if opt_out else type_,
        at=request.received_at,
        key=(message_id,),
        account=fields.get("AccountSid"),
        contact={"phone": number, "name": fields.get("ProfileName") if is_incoming else ""},
        consents={medium: opt_out[1]} if opt_out else {},
        basis=fields.get("OptOutType", "").lower() if opt_out else "",
        properties=_build_properties(fields, message_id, medium),
    )
    return [build_conversation_draft(CHANNEL_NAME, request, event)]


def build_sample(blank: Request, secret: str) -> Request:
    """Return a signed delivery with an unknown status, which becomes a reject."""
    headers = {"content-type": _FORM_CONTENT_TYPE}
    request = msgspec.structs.replace(blank, body=b"MessageStatus=test", headers=headers)
    message = _build_signed_message(_list_signed_urls(request)[0], _read_signed_fields(request))
    signature = base64.b64encode(hmac.digest(secret.encode(), message, "sha1"))
    signed_headers = headers | {_SIGNATURE_HEADER: signature.decode()}
    return msgspec.structs.replace(request, headers=signed_headers)


def _build_properties(fields: Mapping[str, str], message_id: str, medium: str) -> dict[str, object]:
    code, pictures = fields.get("ErrorCode", ""), fields.get("NumMedia", "")
    return {
        "message": conversations.hash_reference(message_id),
        "medium": medium,
        "length": conversations.count_characters(fields.get("Body")),
        "attachments": int(pictures[:3]) if pictures.isdecimal() else 0,
        "error_code": conversations.clean_word(code),
    }


def _find_digest(settings: str) -> str:
    """Return the digest of the algorithm that the settings of a signature name; SHA-1 if they name none."""
    pairs = (pair.partition("=") for pair in settings.split(","))
    values = (value.strip().upper() for name, _, value in pairs if name.strip() == "algorithm")
    digest = _DIGESTS.get(next(values, ""))
    if digest is None:
        raise SignatureError("scheme")
    return digest


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith(_FORM_CONTENT_TYPE)


def _read_signed_fields(request: Request) -> dict[str, list[str]]:
    """Return the signed fields of a form; none for another body, whose hash must be in the signed URL."""
    if _is_form(request):
        try:
            return parse_form_fields(request)
        except InvalidRequestError:
            raise SignatureError("malformed") from None
    hashes = [value for name, value in parse_qsl(request.raw_query) if name == "bodySHA256"]
    if hashes != [sha256(request.body).hexdigest()]:
        raise SignatureError("signature")
    return {}


def _list_signed_urls(request: Request) -> tuple[str, str]:
    """Return the public URL with the received query, without and with its port, because Twilio signs either."""
    address = urlsplit(request.url)
    query = f"?{request.raw_query}" if request.raw_query else ""
    host, _, port = address.netloc.rpartition(":")
    if not port.isdecimal():  # no port, but possibly a colon in `user:password@`
        host, port = address.netloc, ""
    port, path = port or _DEFAULT_PORTS.get(address.scheme, ""), f"{address.path}{query}"
    return f"{address.scheme}://{host}{path}", f"{address.scheme}://{host}:{port}{path}"


def _build_signed_message(url: str, fields: Mapping[str, Sequence[str]]) -> bytes:
    pairs = (name + value for name in sorted(fields) for value in sorted(set(fields[name])))
    return (url + "".join(pairs)).encode("utf-8", "replace")


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Twilio",
    page=__doc__,
    secret=ProviderSecret(
        question="The auth token, or the shared key if your account signs with one"
    ),
    verify=verify_delivery,
    translate=translate_delivery,
    reply=Reply(body="<Response/>", content_type="text/xml"),
    build_sample=build_sample,
)
