r"""Receive Calendly bookings (created, rescheduled, cancelled) and routing form submissions.

**Set up** (webhooks require a paid Calendly plan)

1. Run `regulars connect calendly`. It generates a signing key and prints the URL and the key as the secret.
2. In Calendly, go to Integrations → API & webhooks and create a personal access token.
3. Calendly has no settings page for webhooks. Create the webhook subscription once, from a terminal:

       curl https://api.calendly.com/webhook_subscriptions \
         -H "Authorization: Bearer <token>" -H "Content-Type: application/json" \
         -d '{"url": "<URL>", "signing_key": "<secret>", "scope": "organization",
              "organization": "<URI of your organization, from /users/me>",
              "events": ["invitee.created", "invitee.canceled", "routing_form_submission.created"]}'

**Rotate the secret**: Run `regulars sources rotate calendly`, create a second subscription with the new signing key,
and delete the first one. The previous key stays valid until the next rotation.

**Events**

* `invitee.created` → Booking Created, or Booking Rescheduled if it replaces an earlier booking
* `invitee.canceled` → Booking Cancelled. The cancellation that is part of a reschedule produces no event.
* `routing_form_submission.created` → Form Submitted
* Any other event → a reject with the reason `unknown_topic`

**Stored**

* The booking: booking ID, event type ID, start time, end time, campaign (`utm_…`), whether it was paid, and who
  cancelled.
* The invitee: e-mail address, name and the phone number for reminders as contact data; time zone as a trait.

**Not stored**: answers, reasons, locations and call links.

**Notes**

* Retries: Calendly retries a failed delivery for one day and signs each attempt anew.
* Duplicates: the URI of the invitee at Calendly identifies an event.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.contract import Channel, Draft, GeneratedSecret, Request, UnknownTopicError
from regulars.channels.drafts import conversations
from regulars.channels.drafts.conversations import ConversationEvent, build_conversation_draft
from regulars.channels.fields.event_times import format_first_time, parse_time
from regulars.channels.fields.json_values import ObjectReader, as_object
from regulars.channels.fields.redaction import clean_text, clean_token
from regulars.channels.fields.texts import require_id
from regulars.channels.signatures.timed import (
    SignatureFormat,
    build_signature_headers,
    verify_timed,
)

CHANNEL_NAME = "calendly"
SIGNATURE_FORMAT = SignatureFormat(
    header="calendly-webhook-signature", separator=",", time="t", signature="v1", joint=b"."
)
UTM_PARAMETERS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
_READER = ObjectReader(("event", "created_at", "payload"))


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """Compare the HMAC-SHA256 of time and raw body under each live signing key.

    https://developer.calendly.com/api-docs/ZG9jOjM2MzE2MDM4-webhook-signatures
    """
    verify_timed(request, secrets, now, SIGNATURE_FORMAT)


def translate_delivery(request: Request) -> list[Draft]:
    """Return one event; none for the cancellation that is part of a rescheduling."""
    body = _READER.read(request.body)
    payload = as_object(body.get("payload"))
    match body.get("event"):
        case "invitee.created":
            type_ = "Booking Rescheduled" if payload.get("old_invitee") else "Booking Created"
        case "invitee.canceled" if payload.get("rescheduled") is True:
            return []
        case "invitee.canceled":
            type_ = "Booking Cancelled"
        case "routing_form_submission.created":
            return [
                build_conversation_draft(
                    CHANNEL_NAME, request, _build_form_submission(payload, body.get("created_at"))
                )
            ]
        case _:
            raise UnknownTopicError
    event = _build_booking(type_, payload, body.get("created_at"))
    return [build_conversation_draft(CHANNEL_NAME, request, event)]


def build_sample(blank: Request, secret: str) -> Request:
    """Return a signed delivery with an unknown topic, which becomes a reject."""
    body = json.dumps({"event": "test"}).encode()
    headers = {"content-type": "application/json"}
    headers |= build_signature_headers(secret, body, blank.received_at, SIGNATURE_FORMAT)
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _build_booking(type_: str, payload: dict[str, Any], created_at: object) -> ConversationEvent:
    meeting = as_object(payload.get("scheduled_event"))
    cancellation = as_object(payload.get("cancellation"))
    return ConversationEvent(
        type=type_,
        at=parse_time(created_at),
        key=(require_id(payload.get("uri"), "uri"),),
        contact=payload | {"phone": payload.get("text_reminder_number")},
        traits={"timezone": clean_text(payload.get("timezone"))},
        properties={
            "booking_id": _id_from_uri(payload.get("uri")),
            "meeting_id": _id_from_uri(meeting.get("uri")),
            "event_type": _id_from_uri(meeting.get("event_type")),
            "starts_at": format_first_time(meeting.get("start_time")),
            "ends_at": format_first_time(meeting.get("end_time")),
            "cancelled_by": conversations.clean_word(cancellation.get("canceler_type")),
            "paid": bool(as_object(payload.get("payment"))),
            **_utm_properties(payload),
        },
        channel="booking",
    )


def _build_form_submission(payload: dict[str, Any], created_at: object) -> ConversationEvent:
    return ConversationEvent(
        type="Form Submitted",
        at=parse_time(payload.get("created_at") or created_at),
        key=(require_id(payload.get("uri"), "uri"),),
        properties={
            "form_id": _id_from_uri(payload.get("routing_form")),
            **_utm_properties(payload),
        },
        channel="form",
    )


def _utm_properties(payload: dict[str, Any]) -> dict[str, str]:
    tracking = as_object(payload.get("tracking"))
    return {name: clean_token(tracking.get(name)) for name in UTM_PARAMETERS}


def _id_from_uri(uri: object) -> str:
    """Return the last segment of a Calendly URI."""
    return clean_token(clean_text(uri).rpartition("/")[2])


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Calendly",
    page=__doc__,
    secret=GeneratedSecret(),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
