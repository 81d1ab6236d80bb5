"""Mailgun's webhooks: what became of every mail; the signature covers a token, and one token is one event.

Set it up
* Run `regulars connect mailgun` and give it the HTTP webhook signing key, which is in Mailgun under Send → Sending →
  Webhooks (for a whole account: Settings → API security). It prints the URL to paste.
* On the Webhooks page choose the domain, then Add webhook for each of: Delivered messages, Opens, Clicks, Permanent
  failure, Temporary failure, Spam complaints, Unsubscribes; paste the URL for each.
* To rotate: give the new key to `regulars sources rotate mailgun`; both count until the old one is taken away.

Events
* delivered → Email Delivered, opened → Email Opened, clicked → Email Link Clicked, rejected → Email Dropped,
* failed → Email Bounced when it is permanent and Email Deferred when it is not,
* complained → Email Marked as Spam, unsubscribed → Unsubscribed.
* A complaint or an unsubscribe also takes back the consent to e-mail.
* The older form-encoded deliveries are understood too: bounced and dropped come only there.

What is stored
* Type, time, message id, tags, the link clicked without its query, a bounce's reason and SMTP status.
* The address goes to the person's contact data. Subjects, places, IP addresses, devices and custom variables are not
  kept. A mail of Mailgun's test mode is marked as a test and counts nowhere.
* Mailgun signs a time and a token, and not what the delivery says. So a token makes exactly one event: whoever caught a
  delivery and sends it again with other contents changes nothing. Its retries, which go on for eight hours, carry the
  same token; after twelve hours a signature is refused.
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
from regulars.channels.fields.form_body import fields_of
from regulars.channels.fields.json_values import an_object, read_json
from regulars.channels.fields.redaction import clean_token
from regulars.channels.signatures.shared_secret import check_equal
from regulars.domain.errors import SignatureError

CHANNEL_NAME = "mailgun"
TOPICS = {
    "delivered": mail.DELIVERED,
    "opened": mail.OPENED,
    "clicked": mail.CLICKED,
    "failed": mail.BOUNCED,
    "rejected": mail.DROPPED,
    "complained": mail.COMPLAINED,
    "unsubscribed": mail.UNSUBSCRIBED,
    "bounced": mail.BOUNCED,
    "dropped": mail.DROPPED,
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
    item = an_object(body.get("event-data"))
    topic = item.get("event")
    type_ = mail.type_of(TOPICS, topic)
    if topic == "failed" and item.get("severity") != "permanent":
        type_ = mail.DEFERRED
    flags = an_object(item.get("flags"))
    letter = mail.Letter(
        type=type_,
        at=from_epoch(item.get("timestamp")),
        key=("token", token),
        email=_recipient(item),
        properties=_properties(type_, item),
        basis=str(topic),
        test=flags.get("is-test-mode") is True,
    )
    return [mail.letter_draft(CHANNEL_NAME, request, letter)]


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
        return an_object(read_json(request.body))
    fields = {name: values[0] for name, values in fields_of(request).items()}
    status = {"code": fields.get("code")}
    headers = {"message-id": fields.get("Message-Id") or fields.get("message-id")}
    item = {**fields, "delivery-status": status, "message": {"headers": headers}}
    return {"signature": fields, "event-data": item}


def _signed(body: dict[str, Any]) -> tuple[str, str, str]:
    signature = an_object(body.get("signature"))
    timestamp, token, given = (
        said if isinstance(said := signature.get(name), str) else "" for name in _SIGNED
    )
    return timestamp, token, given


def _recipient(item: dict[str, Any]) -> str:
    said = item.get("recipient")
    if isinstance(said, str):
        return said
    # What was rejected before it was sent names whom it was for in its header only.
    headers = an_object(an_object(item.get("message")).get("headers"))
    found = mail.addresses(headers.get("to"))
    return found[0] if len(found) == 1 else ""


def _properties(type_: str, item: dict[str, Any]) -> dict[str, Any]:
    headers = an_object(an_object(item.get("message")).get("headers"))
    status = an_object(item.get("delivery-status"))
    is_trouble = type_ in {mail.BOUNCED, mail.DEFERRED}
    return {
        "email_id": mail.mail_id(headers.get("message-id")),
        "tags": mail.words(item.get("tags")),
        "link_url": mail.link(item.get("url")) if type_ == mail.CLICKED else "",
        "bounce_type": "hard" if type_ == mail.BOUNCED else "",
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
