"""Resend's webhooks: what became of every mail, and who joined or left your contacts; signed by Svix.

Set it up
* Run `regulars connect resend`; it prints the URL to paste.
* In Resend: Webhooks → Add webhook. Paste the URL and choose the events: all of email.*, contact.created and
  contact.updated. Opens and clicks come only when tracking is on for the domain.
* Copy the signing secret (it begins with whsec_) and give it to `regulars connect`.
* To rotate: rotate it in Resend, give the new one to `regulars sources rotate resend`; both count meanwhile.

Events
* email.sent → Email Sent, email.delivered → Email Delivered, email.opened → Email Opened, email.clicked → Email Link
  Clicked, email.bounced → Email Bounced, email.delivery_delayed → Email Deferred, email.complained → Email Marked as
  Spam, email.failed and email.suppressed → Email Dropped,
* contact.created → Customer Created, contact.updated → Customer Updated.
* A complaint takes back the consent to e-mail, and so does a contact that is marked as unsubscribed. A contact that is
  not marked so is no proof of consent.

What is stored
* One event for each recipient of a mail: type, time, mail id, the link clicked without its query, a bounce's kind. When a
  mail went to several, Resend does not say which of them opened or clicked: that event names nobody.
* Addresses and names go to the person's contact data. Subjects, headers, tags, IP addresses and browsers are not kept.
* Resend repeats a delivery for a day and signs every attempt anew, so a signature older than five minutes is refused; the
  message id, which is signed, makes all attempts one event.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from regulars.channels.contract import Channel, Draft, ProviderSecret, Request
from regulars.channels.drafts import mail
from regulars.channels.fields.event_times import first_of, parsed
from regulars.channels.fields.json_values import an_object, read_json
from regulars.channels.fields.redaction import clean_text, clean_token
from regulars.channels.signatures.standard import header, standard_sample, verify_standard

CHANNEL_NAME = "resend"
TOPICS = {
    "email.sent": mail.SENT,
    "email.delivered": mail.DELIVERED,
    "email.opened": mail.OPENED,
    "email.clicked": mail.CLICKED,
    "email.bounced": mail.BOUNCED,
    "email.delivery_delayed": mail.DEFERRED,
    "email.complained": mail.COMPLAINED,
    "email.failed": mail.DROPPED,
    "email.suppressed": mail.DROPPED,
    "contact.created": "Customer Created",
    "contact.updated": "Customer Updated",
}
# https://resend.com/docs/dashboard/emails/email-bounces
_KINDS = {"Permanent": "hard", "Transient": "soft", "Undetermined": "soft"}


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """Svix's signature, under either of its headers' names.

    https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests
    """
    verify_standard(request, secrets, now)


def translate_delivery(request: Request) -> list[Draft]:
    """One event per recipient, or the one of a contact."""
    body = an_object(read_json(request.body))
    type_ = mail.type_of(TOPICS, body.get("type"))
    item = an_object(body.get("data"))
    # The id is signed; a body without one is known by its content.
    key = header(request, "id") or hashlib.sha256(request.body).hexdigest()
    if type_.startswith("Customer"):
        letters = [_contact(type_, body, item, key)]
    else:
        recipients = mail.readers(type_, mail.addresses(item.get("to")))
        letters = [_letter(type_, body, item, (key, email)) for email in recipients]
    return [mail.letter_draft(CHANNEL_NAME, request, letter) for letter in letters]


def build_sample(blank: Request, secret: str) -> Request:
    """A signed delivery of a topic nobody knows, which is set aside."""
    return standard_sample(blank, secret)


def _letter(
    type_: str, body: dict[str, Any], item: dict[str, Any], key: tuple[str, str]
) -> mail.Letter:
    click, bounce = an_object(item.get("click")), an_object(item.get("bounce"))
    kind = _KINDS.get(str(bounce.get("type")), "hard")
    return mail.Letter(
        type=type_,
        at=parsed(first_of(click.get("timestamp"), body.get("created_at"))),
        key=key,
        email=key[1],
        properties={
            "email_id": clean_text(item.get("email_id")),
            "campaign_id": clean_text(item.get("broadcast_id")),
            "link_url": mail.link(click.get("link")),
            "bounce_type": kind if type_ == mail.BOUNCED else "",
            "reason": clean_token(bounce.get("subType")),
        },
        basis=clean_token(body.get("type")),
    )


def _contact(type_: str, body: dict[str, Any], item: dict[str, Any], key: str) -> mail.Letter:
    email = item.get("email")
    return mail.Letter(
        type=type_,
        at=parsed(first_of(item.get("updated_at"), body.get("created_at"))),
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
    secret=ProviderSecret(question="The webhook's signing secret (whsec_…)"),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
