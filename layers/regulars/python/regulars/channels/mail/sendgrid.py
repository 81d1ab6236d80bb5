"""Receive delivery and engagement events from the SendGrid Event Webhook.

**Set up**

1. Run `regulars connect sendgrid`. It prints the URL and then asks for the verification key.
2. In SendGrid, go to Settings → Mail Settings → Event Webhooks → Create new webhook. Paste the URL as the Post URL.
3. Select all deliverability events and all engagement events that you need. Opens and clicks require open and click
   tracking under Settings → Tracking.
4. Enable Signed Event Webhook and save. Open the webhook again and copy the verification key.
5. Enter the verification key in `regulars connect sendgrid`. It is a public key: it proves who sent a delivery and
   grants no access.

**Rotate the key**: Enter the new key in `regulars sources rotate sendgrid`. The previous key stays valid until the
next rotation.

**Events**

* `processed` → Email Sent
* `delivered` → Email Delivered
* `open` → Email Opened. An open by a mail program has `machine_open`.
* `click` → Email Link Clicked
* `bounce` → Email Bounced
* `deferred` → Email Deferred
* `dropped` → Email Dropped
* `spamreport` → Email Marked as Spam
* `unsubscribe`, `group_unsubscribe` → Unsubscribed
* `group_resubscribe` → Subscribed
* Any other event → a reject with the reason `unknown_topic`

A complaint or an unsubscribe also withdraws the consent to e-mail. A resubscribe grants it.

**Stored**

* One event for each item of a delivery: type, time, message ID, categories, campaign, the clicked link without its
  query, and the kind and SMTP status of a bounce.
* The e-mail address as contact data. It is not part of the event.

**Not stored**: subjects, IP addresses, browsers and custom arguments.

**Notes**

* Retries: SendGrid retries a failed delivery for up to one day, and an item can arrive twice. The `sg_event_id`
  identifies an event, so it is stored once.
* Signature: an old signature is not rejected, because the events that it covers are stored only once.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from regulars.channels.contract import Channel, Draft, ProviderSecret, Request
from regulars.channels.drafts import mail
from regulars.channels.drafts.batches import DeliveryItem, translate_items
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.json_values import parse_json
from regulars.channels.fields.redaction import clean_text, clean_token
from regulars.channels.signatures.shared_secret import decode_base64
from regulars.domain.errors import InvalidRequestError, SignatureError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

CHANNEL_NAME = "sendgrid"
TOPICS = {
    "processed": mail.EMAIL_SENT,
    "delivered": mail.EMAIL_DELIVERED,
    "open": mail.EMAIL_OPENED,
    "click": mail.EMAIL_LINK_CLICKED,
    "bounce": mail.EMAIL_BOUNCED,
    "deferred": mail.EMAIL_DEFERRED,
    "dropped": mail.EMAIL_DROPPED,
    "spamreport": mail.EMAIL_MARKED_AS_SPAM,
    "unsubscribe": mail.UNSUBSCRIBED_TYPE,
    "group_unsubscribe": mail.UNSUBSCRIBED_TYPE,
    "group_resubscribe": mail.SUBSCRIBED_TYPE,
}
_SIGNATURE_HEADER = "x-twilio-email-event-webhook-signature"
_TIMESTAMP_HEADER = "x-twilio-email-event-webhook-timestamp"
_DER_SEQUENCE = b"\x30"  # the first byte of every DER signature


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (SendGrid retries for a day)
    """Verify the ECDSA P-256 signature of time and body, including its final line break, with each live public key.

    https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
    """
    signature_text = request.headers.get(_SIGNATURE_HEADER, "")
    timestamp = request.headers.get(_TIMESTAMP_HEADER, "")
    if not (signature_text and timestamp):
        raise SignatureError("missing")
    signature = decode_base64(signature_text)
    if not signature.startswith(_DER_SEQUENCE):
        raise SignatureError("malformed")
    message = timestamp.encode("utf-8", "replace") + request.body
    if not any(_is_valid_signature(key, signature, message) for key in secrets):
        raise SignatureError("signature")


def translate_delivery(request: Request) -> list[Draft]:
    """Return one event per item."""
    items = parse_json(request.body)
    if not isinstance(items, list):
        raise InvalidRequestError("The body is not a list of events.", "invalid_json")
    return translate_items(
        items, lambda item: [mail.build_mail_draft(CHANNEL_NAME, request, _build_event(item))]
    )


def _build_event(item: DeliveryItem) -> mail.MailEvent:
    topic = item.get("event")
    type_ = mail.find_event_type(TOPICS, topic)
    email = item.get("email")
    event_id, timestamp = item.get("sg_event_id"), item.get("timestamp")
    key = event_id or f"{topic}/{item.get('sg_message_id')}/{timestamp}/{email}"
    return mail.MailEvent(
        type=type_,
        at=from_epoch(timestamp),
        key=(str(key),),
        email=email if isinstance(email, str) else "",
        properties=_build_properties(item) | _bounce_properties(type_, item),
        basis=str(topic),
    )


def _build_properties(item: DeliveryItem) -> dict[str, Any]:
    message_id = item.get("sg_message_id")
    campaign = item.get("singlesend_id") or item.get("marketing_campaign_id")
    name = item.get("singlesend_name") or item.get("marketing_campaign_name")
    return {
        "email_id": clean_text(str(message_id).partition(".")[0]) if message_id else "",
        "tags": mail.clean_tags(item.get("category")),
        "campaign_id": clean_text(campaign),
        "campaign_name": clean_token(name),
        "link_url": mail.clean_link(item.get("url")) if item.get("event") == "click" else "",
        "machine_open": item.get("sg_machine_open") is True,
        "group_id": clean_text(item.get("asm_group_id")),
    }


def _bounce_properties(type_: str, item: DeliveryItem) -> dict[str, Any]:
    if type_ != mail.EMAIL_BOUNCED:
        return {"reason": clean_token(item.get("reason"))} if type_ == mail.EMAIL_DROPPED else {}
    kind = "block" if item.get("type") == "blocked" else "hard"
    return {"bounce_type": kind, "status": clean_token(item.get("status"))}


def _is_valid_signature(secret: str, signature: bytes, message: bytes) -> bool:
    # Import on first use, because only signatures with a key pair need it.
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = _load_public_key(secret)
    if key is None:
        return False
    try:
        key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=16)
def _load_public_key(secret: str) -> "EllipticCurvePublicKey | None":
    from cryptography.hazmat.primitives.asymmetric.ec import (  # noqa: PLC0415
        EllipticCurvePublicKey,
    )
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415

    try:
        key = load_der_public_key(decode_base64(secret))
    except ValueError:
        return None
    return key if isinstance(key, EllipticCurvePublicKey) else None


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="SendGrid",
    page=__doc__,
    secret=ProviderSecret(question="The verification key of the event webhook"),
    verify=verify_delivery,
    translate=translate_delivery,
)
