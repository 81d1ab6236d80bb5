"""Receive delivery, open, click, failure, complaint and unsubscribe events from Mailgun.

**Set up**

1. In Mailgun, go to Send → Sending → Webhooks (for the whole account: Settings → API security) and copy the HTTP
   webhook signing key.
2. Run `regulars connect mailgun`. It prints the URL and then asks for the signing key.
3. On the Webhooks page, choose the domain. Add a webhook with the URL for each of these events: Delivered messages,
   Opens, Clicks, Permanent failure, Temporary failure, Spam complaints, Unsubscribes.

**Rotate the key**: Run `regulars sources rotate mailgun` and enter the new key. The previous key stays valid until
the next rotation.

**Events**

* `delivered` → Email Delivered
* `opened` → Email Opened
* `clicked` → Email Link Clicked
* `rejected` → Email Dropped
* `failed` → Email Bounced if the failure is permanent, otherwise Email Deferred
* `complained` → Email Marked as Spam
* `unsubscribed` → Unsubscribed
* `bounced` → Email Bounced, `dropped` → Email Dropped. Only the older form-encoded deliveries, which are also
  supported, contain them.
* Any other event → a reject with the reason `unknown_topic`

A complaint or an unsubscribe also withdraws the consent to e-mail.

**Stored**

* Type, time, message ID, tags, the clicked link without its query, and the reason and SMTP status of a bounce.
* The e-mail address as contact data.

**Not stored**: subjects, locations, IP addresses, devices and custom variables.

**Notes**

* Test mode: an e-mail in Mailgun's test mode is marked as a test and never counted.
* Signature: Mailgun signs a time and a token and not the content. Therefore one token produces exactly one event. A
  captured delivery that is sent again with other content changes nothing. A signature older than 12 hours is
  rejected.
* Retries: Mailgun retries a failed delivery for eight hours with the same token.
"""

import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from regulars.channels.contract import Channel, Draft, ProviderSecret, Request
from regulars.channels.drafts import mail
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.form_body import parse_form_fields
from regulars.channels.fields.json_values import as_object, parse_json
from regulars.channels.fields.redaction import clean_token
from regulars.channels.signatures.shared_secret import check_equal
from regulars.domain.errors import SignatureError

CHANNEL_NAME = "mailgun"
TOPICS = {
    "delivered": mail.EMAIL_DELIVERED,
    "opened": mail.EMAIL_OPENED,
    "clicked": mail.EMAIL_LINK_CLICKED,
    "failed": mail.EMAIL_BOUNCED,
    "rejected": mail.EMAIL_DROPPED,
    "complained": mail.EMAIL_MARKED_AS_SPAM,
    "unsubscribed": mail.UNSUBSCRIBED,
    "bounced": mail.EMAIL_BOUNCED,
    "dropped": mail.EMAIL_DROPPED,
}
OLDEST = timedelta(hours=12)
NEWEST = timedelta(minutes=5)
_SECONDS = re.compile(r"[0-9]{10}")
_SIGNED = ("timestamp", "token", "signature")


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """HMAC-SHA256 over time and token, in hex, by any live key.

    https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
    """
    timestamp, token, given = _signed(_read(request))
    if not (timestamp and token):
        raise SignatureError("missing")
    # Nothing parts the two in what is signed: of a time written otherwise, an end could be another token's beginning.
    if not _SECONDS.fullmatch(timestamp):
        raise SignatureError("malformed")
    message = f"{timestamp}{token}".encode("utf-8", "replace")
    wanted = [hmac.digest(key.encode(), message, "sha256").hex().encode() for key in secrets]
    check_equal(given, wanted)
    if not now - OLDEST <= datetime.fromtimestamp(int(timestamp), UTC) <= now + NEWEST:
        raise SignatureError("timestamp")


def translate_delivery(request: Request) -> list[Draft]:
    """One event."""
    body = _read(request)
    _, token, _ = _signed(body)
    item = as_object(body.get("event-data"))
    topic = item.get("event")
    type_ = mail.find_event_type(TOPICS, topic)
    if topic == "failed" and item.get("severity") != "permanent":
        type_ = mail.EMAIL_DEFERRED
    flags = as_object(item.get("flags"))
    letter = mail.MailEvent(
        type=type_,
        at=from_epoch(item.get("timestamp")),
        key=("token", token),
        email=_recipient(item),
        properties=_properties(type_, item),
        basis=str(topic),
        test=flags.get("is-test-mode") is True,
    )
    return [mail.build_mail_draft(CHANNEL_NAME, request, letter)]


def build_sample(blank: Request, secret: str) -> Request:
    """A signed delivery in test mode, of nobody."""
    timestamp = str(int(blank.received_at.timestamp()))
    token = f"regulars-test-{timestamp}"
    signature = hmac.digest(secret.encode(), f"{timestamp}{token}".encode(), "sha256").hex()
    signed = {"timestamp": timestamp, "token": token, "signature": signature}
    event = {"event": "delivered", "timestamp": int(timestamp), "flags": {"is-test-mode": True}}
    body = msgspec.json.encode({"signature": signed, "event-data": event})
    headers = {"content-type": "application/json"}
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _read(request: Request) -> dict[str, Any]:
    """The body; an older, form-encoded one in the shape of the newer."""
    kind = request.headers.get("content-type", "").strip().lower()
    if not kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        return as_object(parse_json(request.body))
    fields = {name: values[0] for name, values in parse_form_fields(request).items()}
    status = {"code": fields.get("code")}
    headers = {"message-id": fields.get("Message-Id") or fields.get("message-id")}
    item = {**fields, "delivery-status": status, "message": {"headers": headers}}
    return {"signature": fields, "event-data": item}


def _signed(body: dict[str, Any]) -> tuple[str, str, str]:
    signature = as_object(body.get("signature"))
    timestamp, token, given = (
        said if isinstance(said := signature.get(name), str) else "" for name in _SIGNED
    )
    return timestamp, token, given


def _recipient(item: dict[str, Any]) -> str:
    said = item.get("recipient")
    if isinstance(said, str):
        return said
    # What was rejected before it was sent names whom it was for in its header only.
    headers = as_object(as_object(item.get("message")).get("headers"))
    found = mail.parse_addresses(headers.get("to"))
    return found[0] if len(found) == 1 else ""


def _properties(type_: str, item: dict[str, Any]) -> dict[str, Any]:
    headers = as_object(as_object(item.get("message")).get("headers"))
    status = as_object(item.get("delivery-status"))
    is_trouble = type_ in {mail.EMAIL_BOUNCED, mail.EMAIL_DEFERRED}
    return {
        "email_id": mail.clean_message_id(headers.get("message-id")),
        "tags": mail.clean_tags(item.get("tags")),
        "link_url": mail.clean_link(item.get("url")) if type_ == mail.EMAIL_LINK_CLICKED else "",
        "bounce_type": "hard" if type_ == mail.EMAIL_BOUNCED else "",
        "status": clean_token(status.get("code")) if is_trouble else "",
        "reason": clean_token(item.get("reason")),
    }


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Mailgun",
    page=__doc__,
    secret=ProviderSecret(question="The HTTP webhook signing key"),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
