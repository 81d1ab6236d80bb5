"""Receive delivery, bounce, complaint, open, click, subscription and inbound e-mail events from Postmark.

**Set up**

1. Run `regulars connect postmark`. It generates a token and prints the URL, which contains the token.
2. In Postmark, open your server and the message stream, go to Webhooks → Add webhook and paste the URL.
3. Select Delivery, Bounce, Spam complaint, Open, Link click and Subscription change. Do not select "Include bounce
   content".
4. To receive inbound e-mail, open the inbound stream and paste the same URL under Settings → Webhook.

Postmark does not sign its deliveries. Anyone who knows the URL can send events, so treat it as a secret. To use Basic
authentication instead, connect with `--secret user:password`, enter both in Postmark, and paste the URL without the
part from the question mark on.

**Events**

* `Delivery` → Email Delivered
* `Open` → Email Opened
* `Click` → Email Link Clicked
* `SpamComplaint` → Email Marked as Spam
* `Bounce` → Email Bounced. A transient bounce → Email Deferred. A reply that asks to unsubscribe → Unsubscribed.
* `SubscriptionChange` → Unsubscribed; Subscribed if sending is allowed again; Email Bounced if Postmark stopped
  sending because of a bounce
* Inbound e-mail → Message Received
* Any other event → a reject with the reason `unknown_topic`

A complaint or an unsubscribe also withdraws the consent to e-mail. Only a resubscribe by the recipient grants it
again. An address that you reactivate does not.

**Stored**

* Type, time, message ID, tag, message stream, the clicked link without its query, and the kind of a bounce.
* The length and the number of attachments of an inbound e-mail.
* The e-mail address and the name of an inbound sender as contact data.

**Not stored**: the subject, text and attachments of an inbound e-mail, and locations, devices, metadata and bounce
texts.

**Notes**

* Retries: Postmark retries bounces and inbound e-mail for hours.
* Duplicates: the message ID, the type and the time identify an event.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from regulars.channels.contract import Channel, Draft, GeneratedSecret, Request
from regulars.channels.drafts import mail
from regulars.channels.fields.event_times import parse_time
from regulars.channels.fields.json_values import as_list, as_object, parse_json
from regulars.channels.fields.redaction import clean_text, clean_token
from regulars.channels.signatures.shared_secret import (
    TOKEN_PARAMETER,
    build_token_sample,
    check_token,
)
from regulars.domain.errors import InvalidEventError

CHANNEL_NAME = "postmark"
TOPICS = {
    "Delivery": mail.EMAIL_DELIVERED,
    "Open": mail.EMAIL_OPENED,
    "Click": mail.EMAIL_LINK_CLICKED,
    "Bounce": mail.EMAIL_BOUNCED,
    "SpamComplaint": mail.EMAIL_MARKED_AS_SPAM,
    "SubscriptionChange": mail.UNSUBSCRIBED_TYPE,
}
# https://postmarkapp.com/developer/api/bounce-api#bounce-types
BOUNCE_TYPES = {
    "Unsubscribe": mail.UNSUBSCRIBED_TYPE,
    "Subscribe": mail.SUBSCRIBED_TYPE,
    "SpamComplaint": mail.EMAIL_MARKED_AS_SPAM,
    "Transient": mail.EMAIL_DEFERRED,
}
_BOUNCE_KINDS = {
    "HardBounce": "hard",
    "BadEmailAddress": "hard",
    "ManuallyDeactivated": "hard",
    "Blocked": "block",
    "SpamNotification": "block",
    "DMARCPolicy": "block",
}
_ZONE_PATTERN = re.compile(r"([+-]\d\d):(\d\d)\Z")
_TIME_FIELDS = ("DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt")


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (a delivery has no signing time)
    """Check `user:password` of Basic authentication or the token of the URL; Postmark does not sign deliveries."""
    check_token(request, secrets)


def translate_delivery(request: Request) -> list[Draft]:
    """Return the event of a delivery."""
    body = as_object(parse_json(request.body))
    is_inbound = "RecordType" not in body and "FromFull" in body
    event = _build_inbound_event(body, request) if is_inbound else _build_event(body)
    return [mail.build_mail_draft(CHANNEL_NAME, request, event)]


def build_sample(blank: Request, secret: str) -> Request:
    """Return a delivery with an unknown topic, which becomes a reject."""
    return build_token_sample(blank, secret, b'{"RecordType":"Test"}', "application/json")


def _build_event(body: dict[str, Any]) -> mail.MailEvent:
    topic = body.get("RecordType")
    type_ = _select_type(body, mail.find_event_type(TOPICS, topic))
    email = body.get("Recipient") or body.get("Email")
    time = next((value for value in map(body.get, _TIME_FIELDS) if value), None)
    key_parts = (topic, body.get("MessageID") or body.get("ID"), time, email)
    return mail.MailEvent(
        type=type_,
        at=parse_time(time),
        key=tuple(map(str, key_parts)),
        email=email if isinstance(email, str) else "",
        properties=_build_properties(type_, body),
        basis=clean_token(body.get("SuppressionReason")) or str(topic),
        consent="" if _is_reactivated(type_, body) else None,
    )


def _select_type(body: dict[str, Any], type_: str) -> str:
    if type_ == mail.EMAIL_BOUNCED:
        kind = body.get("Type")
        return BOUNCE_TYPES.get(kind, type_) if isinstance(kind, str) else type_
    if type_ == mail.UNSUBSCRIBED_TYPE and body.get("SuppressSending") is False:
        return mail.SUBSCRIBED_TYPE
    if type_ == mail.UNSUBSCRIBED_TYPE and body.get("SuppressionReason") == "HardBounce":
        return mail.EMAIL_BOUNCED
    return type_


def _is_reactivated(type_: str, body: dict[str, Any]) -> bool:
    # A reactivation by the shop is not a decision of the recipient.
    return type_ == mail.SUBSCRIBED_TYPE and body.get("Origin", "Recipient") != "Recipient"


def _build_properties(type_: str, body: dict[str, Any]) -> dict[str, Any]:
    kind = _BOUNCE_KINDS.get(str(body.get("Type") or body.get("SuppressionReason")), "soft")
    return {
        "email_id": clean_text(body.get("MessageID")),
        "tags": mail.clean_tags(body.get("Tag")),
        "stream": clean_token(body.get("MessageStream")),
        "link_url": mail.clean_link(body.get("OriginalLink")),
        "bounce_type": kind if type_ == mail.EMAIL_BOUNCED else "",
        "reason": clean_token(body.get("Type") or body.get("SuppressionReason")),
    }


def _build_inbound_event(body: dict[str, Any], request: Request) -> mail.MailEvent:
    sender = as_object(body.get("FromFull"))
    email, text = sender.get("Email"), body.get("TextBody")
    return mail.MailEvent(
        type=mail.MESSAGE_RECEIVED,
        at=_parse_header_date(body.get("Date")) or request.received_at,
        key=("Inbound", str(body.get("MessageID"))),
        email=email if isinstance(email, str) else "",
        contact={"name": sender.get("Name")},
        properties={
            "message_id": clean_text(body.get("MessageID")),
            "length": len(text) if isinstance(text, str) else 0,
            "attachments": len(as_list(body.get("Attachments"))),
        },
    )


def _parse_header_date(date: object) -> datetime | None:
    """Return the time of an e-mail's Date header; None without a zone."""
    if not isinstance(date, str):
        return None
    try:
        # Postmark writes the zone as -04:00. RFC 5322 has no colon.
        time = parsedate_to_datetime(_ZONE_PATTERN.sub(r"\1\2", date.strip()))
        return parse_time(time.isoformat()) if time.tzinfo else None
    except (ValueError, OverflowError, InvalidEventError):
        return None


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Postmark",
    page=__doc__,
    secret=GeneratedSecret(url_parameter=TOKEN_PARAMETER),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
