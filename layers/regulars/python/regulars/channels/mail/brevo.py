"""Receive delivery, open, click, bounce and opt-out events of transactional and marketing e-mail from Brevo.

**Set up**

1. Run `regulars connect brevo`. It generates a token and prints the URL, which contains the token.
2. For transactional e-mail, go to Transactional → Settings → Webhook → Add a new webhook in Brevo. Paste the URL and
   select all events.
3. For marketing e-mail, do the same under Campaigns → Settings → Webhooks.

Brevo does not sign its deliveries. Anyone who knows the URL can send events, so treat it as a secret. Alternatively,
configure the token as the authentication of the webhook (Token) and paste the URL without it.

**Rotate the token**: Run `regulars sources rotate brevo` and paste the new URL in Brevo. The previous token stays
valid until the next rotation.

**Events**

* `request` → Email Sent
* `delivered` → Email Delivered
* `opened`, `unique_opened` → Email Opened
* `proxy_open`, `unique_proxy_open` → Email Opened with `machine_open`. A mail program opened the e-mail for its user.
* `click` → Email Link Clicked
* `hard_bounce`, `soft_bounce`, `invalid_email` → Email Bounced
* `deferred` → Email Deferred
* `blocked`, `error` → Email Dropped
* `complaint`, `spam` → Email Marked as Spam
* `unsubscribe`, `unsubscribed` → Unsubscribed
* Any other event → a reject with the reason `unknown_topic`

A complaint or an unsubscribe also withdraws the consent to e-mail.

**Stored**

* Type, time, message ID, tags, campaign, the clicked link without its query, and the kind of a bounce.
* The e-mail address as contact data.

**Not stored**: subjects, IP addresses, bounce texts and custom headers.

**Notes**

* Duplicates: the message ID, the event, the time and the address identify an event. A retry is stored once, and so is
  a first open, which Brevo reports twice.
"""

from collections.abc import Sequence
from datetime import datetime

from regulars.channels.contract import Channel, Draft, GeneratedSecret, Request
from regulars.channels.drafts import mail
from regulars.channels.drafts.batches import DeliveryItem, translate_items
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.json_values import parse_json
from regulars.channels.fields.redaction import clean_text, clean_token
from regulars.channels.signatures.shared_secret import (
    TOKEN_PARAMETER,
    build_token_sample,
    check_token,
)

CHANNEL_NAME = "brevo"
TOPICS = {
    "request": mail.EMAIL_SENT,
    "delivered": mail.EMAIL_DELIVERED,
    "opened": mail.EMAIL_OPENED,
    "unique_opened": mail.EMAIL_OPENED,
    "proxy_open": mail.EMAIL_OPENED,
    "unique_proxy_open": mail.EMAIL_OPENED,
    "click": mail.EMAIL_LINK_CLICKED,
    "hard_bounce": mail.EMAIL_BOUNCED,
    "soft_bounce": mail.EMAIL_BOUNCED,
    "invalid_email": mail.EMAIL_BOUNCED,
    "deferred": mail.EMAIL_DEFERRED,
    "blocked": mail.EMAIL_DROPPED,
    "error": mail.EMAIL_DROPPED,
    "complaint": mail.EMAIL_MARKED_AS_SPAM,
    "spam": mail.EMAIL_MARKED_AS_SPAM,
    "unsubscribe": mail.UNSUBSCRIBED_TYPE,
    "unsubscribed": mail.UNSUBSCRIBED_TYPE,
}


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (a delivery has no signing time)
    """Check the token of the URL, of a bearer or of `user:password`, because Brevo does not sign deliveries.

    https://developers.brevo.com/docs/username-and-password-authentication
    """
    check_token(request, secrets)


def translate_delivery(request: Request) -> list[Draft]:
    """Return one event per item; most deliveries contain one."""
    body = parse_json(request.body)
    items = body if isinstance(body, list) else [body]
    return translate_items(
        items, lambda item: [mail.build_mail_draft(CHANNEL_NAME, request, _build_event(item))]
    )


def build_sample(blank: Request, secret: str) -> Request:
    """Return a delivery with an unknown topic, which becomes a reject."""
    return build_token_sample(blank, secret, b'{"event":"test"}', "application/json")


def _build_event(item: DeliveryItem) -> mail.MailEvent:
    topic, email = item.get("event"), item.get("email")
    type_ = mail.find_event_type(TOPICS, topic)
    at = _event_time(item)
    message_id = item.get("message-id") or item.get("id")
    return mail.MailEvent(
        type=type_,
        at=at,
        key=(type_, str(message_id), at.isoformat(), str(email)),
        email=email if isinstance(email, str) else "",
        properties={
            "email_id": mail.clean_message_id(item.get("message-id")),
            "tags": mail.clean_tags(item.get("tags") or item.get("tag")),
            "campaign_id": clean_text(item.get("camp_id")),
            "campaign_name": clean_token(item.get("campaign name")),
            "link_url": mail.clean_link(item.get("link")),
            "bounce_type": "soft"
            if topic == "soft_bounce"
            else "hard" * (type_ == mail.EMAIL_BOUNCED),
            "machine_open": "proxy" in str(topic),
        },
        basis=str(topic),
    )


def _event_time(item: DeliveryItem) -> datetime:
    """Return the time that is always in UTC, in milliseconds; else the time of the event, in seconds."""
    if item.get("ts_epoch"):
        return from_epoch(item["ts_epoch"], 1000)
    return from_epoch(item.get("ts_event") or item.get("ts"))


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Brevo",
    page=__doc__,
    secret=GeneratedSecret(url_parameter=TOKEN_PARAMETER),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
