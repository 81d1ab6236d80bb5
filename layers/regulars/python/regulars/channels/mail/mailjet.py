"""Receive send, open, click, bounce, block, spam and unsubscribe events from Mailjet.

**Set up**

1. Run `regulars connect mailjet`. It generates a token and prints the URL, which contains the token.
2. In Mailjet, go to Account settings → REST API → Event notifications (webhooks).
3. Paste the URL for each of these events: sent, open, click, bounce, spam, blocked, unsub.
4. Select "Group events" to receive up to a hundred events per delivery instead of one.

Mailjet does not sign its deliveries. Anyone who knows the URL can send events, so treat it as a secret.

**Rotate the token**: Run `regulars sources rotate mailjet` and paste the new URL in Mailjet. The previous token stays
valid until the next rotation.

**Events**

* `sent` → Email Sent and Email Delivered. Mailjet sends it when the server of the recipient accepted the e-mail.
* `open` → Email Opened
* `click` → Email Link Clicked
* `bounce`, `blocked` → Email Bounced
* `spam` → Email Marked as Spam
* `unsub` → Unsubscribed
* Any other event → a reject with the reason `unknown_topic`

A complaint or an unsubscribe also withdraws the consent to e-mail.

**Stored**

* One event for each item of a delivery: type, time, message ID, campaign, list, the clicked link without its query,
  and the kind and reason of a bounce.
* The e-mail address as contact data, and the Mailjet contact ID as an identifier.

**Not stored**: IP addresses, locations, browsers and payloads.

**Notes**

* Duplicates: the message ID, the event, the time and the address identify an event, however often Mailjet repeats it.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

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

CHANNEL_NAME = "mailjet"
TOPICS = {
    "sent": mail.EMAIL_SENT,
    "open": mail.EMAIL_OPENED,
    "click": mail.EMAIL_LINK_CLICKED,
    "bounce": mail.EMAIL_BOUNCED,
    "blocked": mail.EMAIL_BOUNCED,
    "spam": mail.EMAIL_MARKED_AS_SPAM,
    "unsub": mail.UNSUBSCRIBED_TYPE,
}


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (a delivery has no signing time)
    """Check the token of the URL or of `user:password`, because Mailjet does not sign deliveries.

    https://dev.mailjet.com/email/guides/webhooks/
    """
    check_token(request, secrets)


def translate_delivery(request: Request) -> list[Draft]:
    """Return the events of each item; an ungrouped delivery is one item."""
    body = parse_json(request.body)
    items = body if isinstance(body, list) else [body]
    return translate_items(
        items,
        lambda item: [
            mail.build_mail_draft(CHANNEL_NAME, request, event) for event in _build_events(item)
        ],
    )


def build_sample(blank: Request, secret: str) -> Request:
    """Return a delivery with an unknown topic, which becomes a reject."""
    return build_token_sample(blank, secret, b'[{"event":"test"}]', "application/json")


def _build_events(item: DeliveryItem) -> list[mail.MailEvent]:
    """Return the events of an item; `sent` reports that the e-mail was sent and that it was delivered."""
    event = _build_event(item)
    if event.type != mail.EMAIL_SENT:
        return [event]
    delivery_event = msgspec.structs.replace(
        event, type=mail.EMAIL_DELIVERED, key=(*event.key, mail.EMAIL_DELIVERED)
    )
    return [event, delivery_event]


def _build_event(item: DeliveryItem) -> mail.MailEvent:
    topic, email = item.get("event"), item.get("email")
    type_ = mail.find_event_type(TOPICS, topic)
    message_id = item.get("Message_GUID") or item.get("MessageID")
    key_parts = (topic, message_id, item.get("time"), email, item.get("url"))
    return mail.MailEvent(
        type=type_,
        at=from_epoch(item.get("time")),
        key=tuple(map(str, key_parts)),
        email=email if isinstance(email, str) else "",
        customer=item.get("mj_contact_id"),
        properties={
            "email_id": clean_text(item.get("MessageID")),
            "campaign_id": clean_text(item.get("mj_campaign_id")),
            "campaign_name": clean_token(item.get("customcampaign")),
            "list_id": clean_text(item.get("mj_list_id") or ""),
            "link_url": mail.clean_link(item.get("url")) if topic == "click" else "",
            "bounce_type": _bounce_type(item) if type_ == mail.EMAIL_BOUNCED else "",
            "reason": clean_token(item.get("error")),
        },
        basis=str(topic),
    )


def _bounce_type(item: DeliveryItem) -> str:
    if item.get("event") == "blocked":
        return "block"
    return "hard" if item.get("hard_bounce") is True else "soft"


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Mailjet",
    page=__doc__,
    secret=GeneratedSecret(url_parameter=TOKEN_PARAMETER),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
