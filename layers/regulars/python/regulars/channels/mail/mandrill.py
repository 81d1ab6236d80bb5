"""Receive delivery, open, click, bounce and opt-out events from Mandrill (Mailchimp Transactional).

**Set up**

1. Run `regulars connect mandrill`. It prints the URL and then asks for the webhook key.
2. In Mandrill, go to Settings → Webhooks → Add a webhook. Paste the URL exactly as printed, because Mandrill signs it
   with the form, and select the events.
3. Mandrill tests the URL with a HEAD request and with an empty delivery that it signs with a key of its own. Regulars
   answers both and stores nothing.
4. Copy the key of the webhook from the list and enter it in `regulars connect mandrill`.

**Rotate the key**: Reset the key in Mandrill and enter the new one in `regulars sources rotate mandrill`. The
previous key stays valid until the next rotation.

**Events**

* `send` → Email Sent
* `delivered` → Email Delivered
* `open` → Email Opened
* `click` → Email Link Clicked
* `hard_bounce`, `soft_bounce` → Email Bounced
* `deferral` → Email Deferred
* `reject` → Email Dropped
* `spam` → Email Marked as Spam
* `unsub` → Unsubscribed
* Address added to the rejection list → Unsubscribed
* Any other event → a reject with the reason `unknown_topic`

A complaint or an unsubscribe also withdraws the consent to e-mail. An address that is on the rejection list because
of a bounce does not.

**Stored**

* One event for each item of a delivery: type, time, message ID, tags, the clicked link without its query, and the
  kind of a bounce.
* The e-mail address as contact data.

**Not stored**: subjects, senders, metadata, locations and browsers.

**Notes**

* Retries: Mandrill retries a failed delivery for hours.
* Duplicates: the message ID, the event and the time identify an event.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

import msgspec

from regulars.channels.contract import Channel, Draft, ProviderSecret, Reply, Request
from regulars.channels.drafts import mail
from regulars.channels.drafts.batches import DeliveryItem, translate_items
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.json_values import as_list, as_object, parse_json
from regulars.channels.fields.redaction import clean_text, clean_token
from regulars.channels.signatures.shared_secret import check_equal, hmac_base64
from regulars.domain.errors import InvalidRequestError

CHANNEL_NAME = "mandrill"
TOPICS = {
    "send": mail.EMAIL_SENT,
    "delivered": mail.EMAIL_DELIVERED,
    "open": mail.EMAIL_OPENED,
    "click": mail.EMAIL_LINK_CLICKED,
    "hard_bounce": mail.EMAIL_BOUNCED,
    "soft_bounce": mail.EMAIL_BOUNCED,
    "deferral": mail.EMAIL_DEFERRED,
    "reject": mail.EMAIL_DROPPED,
    "spam": mail.EMAIL_MARKED_AS_SPAM,
    "unsub": mail.UNSUBSCRIBED_TYPE,
    "blacklist/add": mail.UNSUBSCRIBED_TYPE,
}
# Mandrill signs a delivery without events with this key until a webhook has its own.
PROBE_KEY = "test-webhook"
_BOUNCE_REASONS = {"hard-bounce", "soft-bounce", "invalid"}
MAX_FORM_FIELDS = 20


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:  # noqa: ARG001
    """Answer the HEAD request and the empty delivery by which Mandrill tests the URL."""
    if request.method != "POST":
        return Reply()
    if _parse_items(request):
        return None
    _check_signature(request, (*secrets, PROBE_KEY))
    return Reply()


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (a delivery has no signing time)
    """Compare the HMAC-SHA1 of the URL and of the name and value of each field under each live key.

    https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/
    """
    _check_signature(request, secrets)


def translate_delivery(request: Request) -> list[Draft]:
    """Return one event per item."""
    return translate_items(
        _parse_items(request),
        lambda item: [mail.build_mail_draft(CHANNEL_NAME, request, _build_event(item, request))],
    )


def build_sample(blank: Request, secret: str) -> Request:
    """Return a signed delivery with an unknown topic, which becomes a reject."""
    event = '[{"event":"test"}]'
    message = f"{blank.url}mandrill_events{event}".encode()
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-mandrill-signature": hmac_base64(secret.encode(), message, "sha1").decode(),
    }
    body = urlencode({"mandrill_events": event}).encode()
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _check_signature(request: Request, keys: Sequence[str]) -> None:
    fields = sorted(_parse_fields(request))
    text = request.url + "".join(f"{name}{value}" for name, value in fields)
    message = text.encode("utf-8", "replace")
    signature = request.headers.get("x-mandrill-signature", "")
    check_equal(signature, [hmac_base64(key.encode(), message, "sha1") for key in keys])


def _parse_fields(request: Request) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            request.body.decode(), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS
        )
    except ValueError:  # includes UnicodeDecodeError
        raise InvalidRequestError("The body is not an HTML form.", "invalid_form") from None


def _parse_items(request: Request) -> list[object]:
    events = dict(_parse_fields(request)).get("mandrill_events")
    if events is None:
        raise InvalidRequestError("The form has no mandrill_events.", "invalid_form")
    return as_list(parse_json(events))


def _build_event(item: DeliveryItem, request: Request) -> mail.MailEvent:
    topic = item.get("event") or f"{item.get('type')}/{item.get('action')}"
    type_ = mail.find_event_type(TOPICS, topic)
    message, reject = as_object(item.get("msg")), as_object(item.get("reject"))
    email = message.get("email") or reject.get("email")
    timestamp = item.get("ts")
    message_id = item.get("_id") or message.get("_id")
    content = hashlib.sha256(msgspec.json.encode(item, order="deterministic")).hexdigest()
    reason = reject.get("reason")
    is_bounce = isinstance(reason, str) and reason in _BOUNCE_REASONS
    return mail.MailEvent(
        type=type_,
        at=request.received_at if timestamp is None else from_epoch(timestamp),
        key=(str(topic), str(message_id), str(timestamp)) if message_id else (content,),
        email=email if isinstance(email, str) else "",
        properties={
            "email_id": clean_text(message_id),
            "tags": mail.clean_tags(message.get("tags")),
            "link_url": mail.clean_link(item.get("url")) if topic == "click" else "",
            "bounce_type": str(topic).removesuffix("_bounce")
            if type_ == mail.EMAIL_BOUNCED
            else "",
            "reason": clean_token(message.get("bounce_description") or reason),
        },
        consent="" if is_bounce else None,
        basis=str(topic),
    )


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Mandrill",
    page=__doc__,
    secret=ProviderSecret(question="The webhook key"),
    verify=verify_delivery,
    translate=translate_delivery,
    answer_handshake=answer_handshake,
    build_sample=build_sample,
)
