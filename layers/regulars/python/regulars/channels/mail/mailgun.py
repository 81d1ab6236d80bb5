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
    "unsubscribed": mail.UNSUBSCRIBED_TYPE,
    "bounced": mail.EMAIL_BOUNCED,
    "dropped": mail.EMAIL_DROPPED,
}
MAX_SIGNATURE_AGE = timedelta(hours=12)
MAX_CLOCK_SKEW = timedelta(minutes=5)
_SECONDS_PATTERN = re.compile(r"[0-9]{10}")
_SIGNATURE_FIELDS = ("timestamp", "token", "signature")


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """Compare the hexadecimal HMAC-SHA256 of time and token under each live key.

    https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
    """
    timestamp, token, signature = _read_signature(_parse_body(request))
    if not (timestamp and token):
        raise SignatureError("missing")
    # The signed text has no separator, so the end of a time in another format could be the start of another token.
    if not _SECONDS_PATTERN.fullmatch(timestamp):
        raise SignatureError("malformed")
    message = f"{timestamp}{token}".encode("utf-8", "replace")
    signatures = [hmac.digest(key.encode(), message, "sha256").hex().encode() for key in secrets]
    check_equal(signature, signatures)
    _check_age(timestamp, now)


def translate_delivery(request: Request) -> list[Draft]:
    """Return the event of a delivery."""
    body = _parse_body(request)
    _, token, _ = _read_signature(body)
    item = as_object(body.get("event-data"))
    topic = item.get("event")
    type_ = mail.find_event_type(TOPICS, topic)
    if topic == "failed" and item.get("severity") != "permanent":
        type_ = mail.EMAIL_DEFERRED
    flags = as_object(item.get("flags"))
    event = mail.MailEvent(
        type=type_,
        at=from_epoch(item.get("timestamp")),
        key=("token", token),
        email=_find_recipient(item),
        properties=_build_properties(type_, item),
        basis=str(topic),
        test=flags.get("is-test-mode") is True,
    )
    return [mail.build_mail_draft(CHANNEL_NAME, request, event)]


def build_sample(blank: Request, secret: str) -> Request:
    """Return a signed delivery in test mode that identifies nobody."""
    timestamp = str(int(blank.received_at.timestamp()))
    token = f"regulars-test-{timestamp}"
    signature = hmac.digest(secret.encode(), f"{timestamp}{token}".encode(), "sha256").hex()
    signature_fields = {"timestamp": timestamp, "token": token, "signature": signature}
    event = {"event": "delivered", "timestamp": int(timestamp), "flags": {"is-test-mode": True}}
    body = msgspec.json.encode({"signature": signature_fields, "event-data": event})
    headers = {"content-type": "application/json"}
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _parse_body(request: Request) -> dict[str, Any]:
    """Return the body; convert an older, form-encoded body to the shape of a JSON body."""
    content_type = request.headers.get("content-type", "").strip().lower()
    if not content_type.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        return as_object(parse_json(request.body))
    fields = {name: values[0] for name, values in parse_form_fields(request).items()}
    status = {"code": fields.get("code")}
    headers = {"message-id": fields.get("Message-Id") or fields.get("message-id")}
    item = {**fields, "delivery-status": status, "message": {"headers": headers}}
    return {"signature": fields, "event-data": item}


def _read_signature(body: dict[str, Any]) -> tuple[str, str, str]:
    signature = as_object(body.get("signature"))
    timestamp, token, digest = (
        text if isinstance(text := signature.get(name), str) else "" for name in _SIGNATURE_FIELDS
    )
    return timestamp, token, digest


def _check_age(timestamp: str, now: datetime) -> None:
    signed_at = datetime.fromtimestamp(int(timestamp), UTC)
    if not now - MAX_SIGNATURE_AGE <= signed_at <= now + MAX_CLOCK_SKEW:
        raise SignatureError("timestamp")


def _find_recipient(item: dict[str, Any]) -> str:
    recipient = item.get("recipient")
    if isinstance(recipient, str):
        return recipient
    # An e-mail that was rejected before it was sent names its recipient only in the header.
    headers = as_object(as_object(item.get("message")).get("headers"))
    addresses = mail.parse_addresses(headers.get("to"))
    return addresses[0] if len(addresses) == 1 else ""


def _build_properties(type_: str, item: dict[str, Any]) -> dict[str, Any]:
    headers = as_object(as_object(item.get("message")).get("headers"))
    status = as_object(item.get("delivery-status"))
    is_failure = type_ in {mail.EMAIL_BOUNCED, mail.EMAIL_DEFERRED}
    return {
        "email_id": mail.clean_message_id(headers.get("message-id")),
        "tags": mail.clean_tags(item.get("tags")),
        "link_url": mail.clean_link(item.get("url")) if type_ == mail.EMAIL_LINK_CLICKED else "",
        "bounce_type": "hard" if type_ == mail.EMAIL_BOUNCED else "",
        "status": clean_token(status.get("code")) if is_failure else "",
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
