"""Postmark's webhooks: deliveries, opens, clicks, bounces, complaints, unsubscribes, and mails people send you.

Set it up
* Run `regulars connect postmark`; it makes up a token and prints the URL with it. Postmark signs nothing: whoever knows
  the URL is believed, so keep it.
* In Postmark: your server → the message stream → Webhooks → Add webhook. Paste the URL. If you would rather use Basic
  auth, connect with `--secret user:password` and fill in both there, with the URL up to the question mark.
* Tick Delivery, Bounce, Spam complaint, Open, Link click and Subscription change. Leave "Include bounce content" off.
* For mails that people send you: the inbound stream → Settings → Webhook, with the same URL.

Events
* Delivery → Email Delivered, Open → Email Opened, Click → Email Link Clicked, SpamComplaint → Email Marked as Spam,
* Bounce → Email Bounced; a passing trouble → Email Deferred; an answer that asks to be taken off → Unsubscribed,
* SubscriptionChange → Unsubscribed, or Subscribed when sending is allowed again, or Email Bounced when Postmark stopped
  sending because of a bounce,
* an inbound mail → Message Received.
* A complaint or an unsubscribe also takes back the consent to e-mail. Only the recipient's own resubscribing gives it
  again; that you reactivated an address does not.

What is stored
* Type, time, message id, tag, the stream, the link clicked without its query, a bounce's kind.
* Of an inbound mail its length and its number of attachments; never its subject, its text or an attachment.
* The address, and the name of who wrote, go to the person's contact data. Places, devices, metadata and bounce texts are
  not kept.
* Postmark repeats bounces and inbound mails for hours; the message id with the kind and the time makes them one event.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from regulars.channels.contract import Channel, Draft, GeneratedSecret, Request
from regulars.channels.drafts import mail
from regulars.channels.fields.event_times import parsed
from regulars.channels.fields.json_values import a_list, an_object, read_json
from regulars.channels.fields.redaction import clean_text, clean_token
from regulars.channels.signatures.shared_secret import TOKEN, check_token, token_sample
from regulars.domain.errors import InvalidEventError

CHANNEL_NAME = "postmark"
TOPICS = {
    "Delivery": mail.DELIVERED,
    "Open": mail.OPENED,
    "Click": mail.CLICKED,
    "Bounce": mail.BOUNCED,
    "SpamComplaint": mail.COMPLAINED,
    "SubscriptionChange": mail.UNSUBSCRIBED,
}
# https://postmarkapp.com/developer/api/bounce-api#bounce-types
BOUNCES = {
    "Unsubscribe": mail.UNSUBSCRIBED,
    "Subscribe": mail.SUBSCRIBED,
    "SpamComplaint": mail.COMPLAINED,
    "Transient": mail.DEFERRED,
}
_KINDS = {
    "HardBounce": "hard",
    "BadEmailAddress": "hard",
    "ManuallyDeactivated": "hard",
    "Blocked": "block",
    "SpamNotification": "block",
    "DMARCPolicy": "block",
}
_ZONE = re.compile(r"([+-]\d\d):(\d\d)\Z")
_TIMES = ("DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt")


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (it carries no time)
    """Postmark signs nothing: the secret is `user:password` of Basic authentication, or a token in the URL."""
    check_token(request, secrets)


def translate_delivery(request: Request) -> list[Draft]:
    """One event."""
    body = an_object(read_json(request.body))
    is_inbound = "RecordType" not in body and "FromFull" in body
    letter = _inbound(body, request) if is_inbound else _letter(body)
    return [mail.letter_draft(CHANNEL_NAME, request, letter)]


def build_sample(blank: Request, secret: str) -> Request:
    """A delivery of a topic nobody knows, which is set aside."""
    return token_sample(blank, secret, b'{"RecordType":"Test"}', "application/json")


def _letter(body: dict[str, Any]) -> mail.Letter:
    topic = body.get("RecordType")
    type_ = _type(body, mail.type_of(TOPICS, topic))
    email = body.get("Recipient") or body.get("Email")
    time = next((said for said in map(body.get, _TIMES) if said), None)
    told = (topic, body.get("MessageID") or body.get("ID"), time, email)
    # That the shop reactivates an address says nothing of what its owner wants.
    is_reactivated = type_ == mail.SUBSCRIBED and body.get("Origin", "Recipient") != "Recipient"
    return mail.Letter(
        type=type_,
        at=parsed(time),
        key=tuple(map(str, told)),
        email=email if isinstance(email, str) else "",
        properties=_properties(type_, body),
        basis=clean_token(body.get("SuppressionReason")) or str(topic),
        consent="" if is_reactivated else None,
    )


def _type(body: dict[str, Any], type_: str) -> str:
    if type_ == mail.BOUNCED:
        kind = body.get("Type")
        return BOUNCES.get(kind, type_) if isinstance(kind, str) else type_
    if type_ == mail.UNSUBSCRIBED and body.get("SuppressSending") is False:
        return mail.SUBSCRIBED
    if type_ == mail.UNSUBSCRIBED and body.get("SuppressionReason") == "HardBounce":
        return mail.BOUNCED
    return type_


def _properties(type_: str, body: dict[str, Any]) -> dict[str, Any]:
    kind = _KINDS.get(str(body.get("Type") or body.get("SuppressionReason")), "soft")
    return {
        "email_id": clean_text(body.get("MessageID")),
        "tags": mail.words(body.get("Tag")),
        "stream": clean_token(body.get("MessageStream")),
        "link_url": mail.link(body.get("OriginalLink")),
        "bounce_type": kind if type_ == mail.BOUNCED else "",
        "reason": clean_token(body.get("Type") or body.get("SuppressionReason")),
    }


def _inbound(body: dict[str, Any], request: Request) -> mail.Letter:
    sender = an_object(body.get("FromFull"))
    email, text = sender.get("Email"), body.get("TextBody")
    return mail.Letter(
        type=mail.RECEIVED,
        at=_sent_at(body.get("Date")) or request.received_at,
        key=("Inbound", str(body.get("MessageID"))),
        email=email if isinstance(email, str) else "",
        contact={"name": sender.get("Name")},
        properties={
            "message_id": clean_text(body.get("MessageID")),
            "length": len(text) if isinstance(text, str) else 0,
            "attachments": len(a_list(body.get("Attachments"))),
        },
    )


def _sent_at(date: object) -> datetime | None:
    """The time of a mail's own header, where it has a zone."""
    if not isinstance(date, str):
        return None
    try:
        # Postmark writes the zone as -04:00, where RFC 5322 has no colon.
        moment = parsedate_to_datetime(_ZONE.sub(r"\1\2", date.strip()))
        return parsed(moment.isoformat()) if moment.tzinfo else None
    except (ValueError, OverflowError, InvalidEventError):
        return None


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Postmark",
    page=__doc__,
    secret=GeneratedSecret(url_parameter=TOKEN),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
