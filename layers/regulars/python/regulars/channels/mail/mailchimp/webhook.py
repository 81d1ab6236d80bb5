"""Receive subscribes, unsubscribes, profile changes, address changes and cleaned addresses of a Mailchimp audience.

**Set up**

1. Run `regulars connect mailchimp`. It generates a token and prints the URL, which contains the token.
2. In Mailchimp, go to Audience → Manage contacts → Settings → Webhooks → Create new webhook and paste the URL.
   Mailchimp tests the URL with a GET request and saves it only if it responds.
3. Select all updates: subscribes, unsubscribes, profile updates, e-mail changed, cleaned and campaign sending.
4. Select the senders "by a subscriber" and "by account admin". Select "via the API" only if no other tool of yours
   copies contacts to Mailchimp.

Mailchimp does not sign its deliveries. Anyone who knows the URL can send events, so treat it as a secret.

**Rotate the token**: Run `regulars sources rotate mailchimp` and paste the new URL in Mailchimp. The previous token
stays valid until the next rotation.

**Events**

* `subscribe` → Subscribed. It grants the consent to e-mail.
* `unsubscribe` → Unsubscribed, or Email Marked as Spam if the reason is abuse. Both withdraw the consent.
* `profile` → Customer Updated
* `upemail` → Email Address Changed. The old and the new address belong to one person.
* `cleaned` → Email Bounced. It changes no consent, because a cleaned address is not a decision of the person.
* `campaign` → Campaign Sent
* Any other type → a reject with the reason `unknown_topic`

**Stored**

* Type, time, audience, campaign and reason.
* The e-mail address, and the name and phone number of the merge fields FNAME, LNAME and PHONE, as contact data.

**Not stored**: other merge fields, interests and IP addresses.

**Notes**

* Duplicates: Mailchimp sends no event ID. The type, the time, the audience and the address identify an event.
"""

from collections.abc import Sequence
from datetime import datetime

from regulars.channels.contract import Channel, Draft, GeneratedSecret, Reply, Request
from regulars.channels.drafts import mail
from regulars.channels.fields.event_times import parse_time
from regulars.channels.fields.form_body import parse_form_fields
from regulars.channels.fields.redaction import clean_text, clean_token
from regulars.channels.signatures.shared_secret import (
    TOKEN_PARAMETER,
    build_token_sample,
    check_token,
)

CHANNEL_NAME = "mailchimp"
EMAIL_CHANGED = "Email Address Changed"
TOPICS = {
    "subscribe": mail.SUBSCRIBED_TYPE,
    "unsubscribe": mail.UNSUBSCRIBED_TYPE,
    "profile": "Customer Updated",
    "upemail": EMAIL_CHANGED,
    "cleaned": mail.EMAIL_BOUNCED,
    "campaign": "Campaign Sent",
}


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:  # noqa: ARG001
    """Answer the GET request by which Mailchimp tests the URL before it saves it."""
    if request.method == "POST":
        return None
    check_token(request, secrets)
    return Reply()


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (a delivery has no signing time)
    """Check the token of the URL, because Mailchimp does not sign deliveries.

    https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/
    """
    check_token(request, secrets)


def translate_delivery(request: Request) -> list[Draft]:
    """Return the event of a delivery."""
    fields = {name: values[0] for name, values in parse_form_fields(request).items()}
    return [mail.build_mail_draft(CHANNEL_NAME, request, _build_event(fields))]


def build_sample(blank: Request, secret: str) -> Request:
    """Return a delivery with an unknown topic, which becomes a reject."""
    return build_token_sample(blank, secret, b"type=test", "application/x-www-form-urlencoded")


def _build_event(fields: dict[str, str]) -> mail.MailEvent:
    topic, fired_at = fields.get("type"), fields.get("fired_at", "")
    type_ = mail.find_event_type(TOPICS, topic)
    if (
        type_ in {mail.UNSUBSCRIBED_TYPE, mail.EMAIL_BOUNCED}
        and fields.get("data[reason]") == "abuse"
    ):
        type_ = mail.EMAIL_MARKED_AS_SPAM
    email = fields.get("data[new_email]") or fields.get("data[email]") or ""
    key_parts = (
        topic or "",
        fired_at,
        fields.get("data[list_id]", ""),
        email,
        fields.get("data[id]", ""),
    )
    return mail.MailEvent(
        type=type_,
        at=parse_time(fired_at),  # in UTC, without a zone
        key=key_parts,
        email=email,
        former_email=fields.get("data[old_email]", ""),
        customer=None
        if topic == "campaign"
        else fields.get("data[new_id]") or fields.get("data[id]"),
        contact={
            "first_name": fields.get("data[merges][FNAME]"),
            "last_name": fields.get("data[merges][LNAME]"),
            "phone": fields.get("data[merges][PHONE]"),
        },
        properties=_build_properties(fields),
        basis=topic or "",
    )


def _build_properties(fields: dict[str, str]) -> dict[str, str]:
    campaign = fields.get("data[campaign_id]")
    if fields.get("type") == "campaign":
        campaign = fields.get("data[id]")
    return {
        "list_id": clean_text(fields.get("data[list_id]")),
        "campaign_id": clean_text(campaign),
        "reason": clean_token(fields.get("data[reason]")),
        "status": clean_token(fields.get("data[status]")),
    }


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Mailchimp",
    page=__doc__,
    secret=GeneratedSecret(url_parameter=TOKEN_PARAMETER),
    verify=verify_delivery,
    translate=translate_delivery,
    answer_handshake=answer_handshake,
    build_sample=build_sample,
)
