"""Receive e-mail events and contact changes from Resend, signed by Svix.

**Set up**

1. Run `regulars connect resend`. It prints the URL and then asks for the signing secret.
2. In Resend, go to Webhooks → Add webhook and paste the URL.
3. Select all `email.*` events, `contact.created` and `contact.updated`. Opens and clicks require tracking to be
   enabled for the domain.
4. Copy the signing secret (`whsec_…`) and enter it in `regulars connect resend`.

**Rotate the secret**: Rotate it in Resend and enter the new one in `regulars sources rotate resend`. The previous
secret stays valid until the next rotation.

**Events**

* `email.sent` → Email Sent
* `email.delivered` → Email Delivered
* `email.opened` → Email Opened
* `email.clicked` → Email Link Clicked
* `email.bounced` → Email Bounced
* `email.delivery_delayed` → Email Deferred
* `email.complained` → Email Marked as Spam
* `email.failed`, `email.suppressed` → Email Dropped
* `contact.created` → Customer Created
* `contact.updated` → Customer Updated
* Any other event → a reject with the reason `unknown_topic`

A complaint, or a contact that is marked as unsubscribed, withdraws the consent to e-mail. A contact that is not
marked as unsubscribed does not grant it.

**Stored**

* One event for each recipient: type, time, e-mail ID, the clicked link without its query, and the kind of a bounce.
* E-mail addresses and names as contact data.

**Not stored**: subjects, headers, tags, IP addresses and browsers.

**Notes**

* Several recipients: Resend does not report which recipient opened or clicked. Such an event is not assigned to a
  person.
* Signature: a signature older than five minutes is rejected. Resend signs each attempt anew.
* Retries: Resend retries a failed delivery for one day. The signed message ID is the same in all attempts, so they
  are stored as one event.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from regulars.channels.contract import Channel, Draft, ProviderSecret, Request
from regulars.channels.drafts import mail
from regulars.channels.fields.event_times import format_first_time, parse_time
from regulars.channels.fields.json_values import as_object, parse_json
from regulars.channels.fields.redaction import clean_text, clean_token
from regulars.channels.signatures.standard import (
    build_standard_sample,
    read_header,
    verify_standard,
)

CHANNEL_NAME = "resend"
TOPICS = {
    "email.sent": mail.EMAIL_SENT,
    "email.delivered": mail.EMAIL_DELIVERED,
    "email.opened": mail.EMAIL_OPENED,
    "email.clicked": mail.EMAIL_LINK_CLICKED,
    "email.bounced": mail.EMAIL_BOUNCED,
    "email.delivery_delayed": mail.EMAIL_DEFERRED,
    "email.complained": mail.EMAIL_MARKED_AS_SPAM,
    "email.failed": mail.EMAIL_DROPPED,
    "email.suppressed": mail.EMAIL_DROPPED,
    "contact.created": "Customer Created",
    "contact.updated": "Customer Updated",
}
# https://resend.com/docs/dashboard/emails/email-bounces
_BOUNCE_KINDS = {"Permanent": "hard", "Transient": "soft", "Undetermined": "soft"}


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """Verify the Svix signature, in headers of either name.

    https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests
    """
    verify_standard(request, secrets, now)


def translate_delivery(request: Request) -> list[Draft]:
    """Return one event per recipient, or the event of a contact."""
    body = as_object(parse_json(request.body))
    type_ = mail.find_event_type(TOPICS, body.get("type"))
    item = as_object(body.get("data"))
    # The id is signed. A body without an id is identified by its content.
    key = read_header(request, "id") or hashlib.sha256(request.body).hexdigest()
    if type_.startswith("Customer"):
        events = [_build_contact_event(type_, body, item, key)]
    else:
        recipients = mail.select_recipients(type_, mail.parse_addresses(item.get("to")))
        events = [_build_event(type_, body, item, (key, email)) for email in recipients]
    return [mail.build_mail_draft(CHANNEL_NAME, request, event) for event in events]


def build_sample(blank: Request, secret: str) -> Request:
    """Return a signed delivery with an unknown topic, which becomes a reject."""
    return build_standard_sample(blank, secret)


def _build_event(
    type_: str, body: dict[str, Any], item: dict[str, Any], key: tuple[str, str]
) -> mail.MailEvent:
    clicked_at = as_object(item.get("click")).get("timestamp")
    return mail.MailEvent(
        type=type_,
        at=parse_time(format_first_time(clicked_at, body.get("created_at"))),
        key=key,
        email=key[1],
        properties=_build_properties(type_, item),
        basis=clean_token(body.get("type")),
    )


def _build_properties(type_: str, item: dict[str, Any]) -> dict[str, Any]:
    click, bounce = as_object(item.get("click")), as_object(item.get("bounce"))
    kind = _BOUNCE_KINDS.get(str(bounce.get("type")), "hard")
    return {
        "email_id": clean_text(item.get("email_id")),
        "campaign_id": clean_text(item.get("broadcast_id")),
        "link_url": mail.clean_link(click.get("link")),
        "bounce_type": kind if type_ == mail.EMAIL_BOUNCED else "",
        "reason": clean_token(bounce.get("subType")),
    }


def _build_contact_event(
    type_: str, body: dict[str, Any], item: dict[str, Any], key: str
) -> mail.MailEvent:
    email = item.get("email")
    return mail.MailEvent(
        type=type_,
        at=parse_time(format_first_time(item.get("updated_at"), body.get("created_at"))),
        key=(key,),
        email=email if isinstance(email, str) else "",
        customer=item.get("id"),
        contact=item,
        properties={"list_id": clean_text(item.get("audience_id"))},
        consent="denied" if item.get("unsubscribed") is True else "",
        basis=clean_token(body.get("type")),
    )


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Resend",
    page=__doc__,
    secret=ProviderSecret(question="The signing secret of the webhook (whsec_…)"),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
