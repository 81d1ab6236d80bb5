"""Receive Cal.com bookings (requested, created, rescheduled, cancelled, paid) and routing form submissions.

**Set up**

1. Run `regulars connect calcom`. It generates a secret and prints the URL and the secret.
2. In Cal.com, go to Settings → Developer → Webhooks → New.
3. Paste the URL as the subscriber URL and the secret as the secret. Do not change the payload template.
4. Select the triggers: booking created, requested, rescheduled, cancelled, rejected and paid, and form submitted.

**Rotate the secret**: Run `regulars sources rotate calcom` and paste the new secret in Cal.com. The previous secret
stays valid until the next rotation.

**Events**

* `BOOKING_CREATED`, `BOOKING_REQUESTED` → Booking Created
* `BOOKING_RESCHEDULED` → Booking Rescheduled
* `BOOKING_CANCELLED`, `BOOKING_REJECTED` → Booking Cancelled
* `BOOKING_PAID` → Payment Succeeded, without an order. The channel of the payment provider reports the sale.
* `FORM_SUBMITTED` → Form Submitted
* `PING`, the test delivery of Cal.com → no event
* Any other trigger → a reject with the reason `unknown_topic`

**Stored**

* The booking: booking ID, event type ID, status, start time, end time and price.
* The person who booked: e-mail address, name and phone number as contact data; language and time zone as traits.
* The number of guests. Guests are not identified.

**Not stored**: answers, notes, reasons, locations, call links, and data about you as the host.

**Notes**

* Duplicates: Cal.com sends no signed delivery ID. The booking, the trigger and the time identify an event.
"""

import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.contract import Channel, Draft, GeneratedSecret, Request, UnknownTopicError
from regulars.channels.drafts import conversations
from regulars.channels.drafts.conversations import ConversationEvent, build_conversation_draft
from regulars.channels.fields.event_times import format_first_time, parse_time
from regulars.channels.fields.json_values import ObjectReader, as_list, as_object, list_objects
from regulars.channels.fields.money import parse_currency, parse_minor_units
from regulars.channels.fields.redaction import clean_text, clean_token
from regulars.channels.fields.texts import require_id
from regulars.channels.signatures.shared_secret import check_equal

CHANNEL_NAME = "calcom"
PAID_TOPIC, FORM_TOPIC = "BOOKING_PAID", "FORM_SUBMITTED"
TOPICS = {
    "BOOKING_CREATED": "Booking Created",
    "BOOKING_REQUESTED": "Booking Created",
    "BOOKING_RESCHEDULED": "Booking Rescheduled",
    "BOOKING_CANCELLED": "Booking Cancelled",
    "BOOKING_REJECTED": "Booking Cancelled",
    PAID_TOPIC: "Payment Succeeded",
    FORM_TOPIC: "Form Submitted",
}
_EVENT_CHANNELS = {PAID_TOPIC: "payments", FORM_TOPIC: "form"}
_SIGNATURE_HEADER = "x-cal-signature-256"
_READER = ObjectReader(("triggerEvent", "createdAt", "payload"))


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (a delivery has no signing time)
    """Compare the HMAC-SHA256 of the raw body under each live secret.

    https://cal.com/docs/developing/guides/automation/webhooks#verifying-the-authenticity-of-the-received-payload
    """
    signatures = [_compute_signature(secret, request.body) for secret in secrets]
    check_equal(request.headers.get(_SIGNATURE_HEADER, ""), signatures)


def translate_delivery(request: Request) -> list[Draft]:
    """Return one event; none for a ping."""
    body = _READER.read(request.body)
    topic, payload = body.get("triggerEvent"), as_object(body.get("payload"))
    if topic == "PING":
        return []
    if not isinstance(topic, str) or topic not in TOPICS:
        raise UnknownTopicError
    created_at = body.get("createdAt")
    object_id = payload.get("uid") or payload.get("bookingId") or payload.get("formId")
    event = ConversationEvent(
        type=TOPICS[topic],
        at=parse_time(created_at),
        key=(topic, require_id(object_id, "uid"), created_at),
        channel=_EVENT_CHANNELS.get(topic, "booking"),
        **_person_fields(payload),
        **(
            _form_fields(payload)
            if topic == FORM_TOPIC
            else _booking_fields(payload, is_paid=topic == PAID_TOPIC)
        ),
    )
    return [build_conversation_draft(CHANNEL_NAME, request, event)]


def build_sample(blank: Request, secret: str) -> Request:
    """Return a signed delivery with an unknown topic, which becomes a reject."""
    body = json.dumps({"triggerEvent": "TEST"}).encode()
    headers = {
        "content-type": "application/json",
        _SIGNATURE_HEADER: _compute_signature(secret, body).decode(),
    }
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _person_fields(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the person who booked: the answers of the form, else the first attendee. The other attendees are guests."""
    attendee = next(iter(list_objects(payload.get("attendees"))), {})
    responses = as_object(payload.get("responses"))
    return {
        "contact": {
            "email": _find_answer(responses, "email") or attendee.get("email"),
            "name": _find_answer(responses, "name") or attendee.get("name"),
            "phone": _find_phone(responses) or attendee.get("phoneNumber"),
        },
        "traits": {
            "timezone": clean_text(attendee.get("timeZone")),
            **conversations.build_locale_trait(as_object(attendee.get("language")).get("locale")),
        },
    }


def _find_phone(responses: dict[str, Any]) -> object:
    phone = _find_answer(responses, "attendeePhoneNumber")
    return phone or _find_answer(responses, "smsReminderNumber")


def _find_answer(responses: dict[str, Any], name: str) -> object:
    value = as_object(responses.get(name)).get("value")
    return value if isinstance(value, str) else None


def _booking_fields(payload: dict[str, Any], *, is_paid: bool) -> dict[str, Any]:
    price = parse_minor_units(payload.get("price") or 0)
    currency = parse_currency(payload.get("currency")) if price or is_paid else ""
    return {
        "currency": currency,
        "properties": {
            "booking_id": clean_token(payload.get("uid")),
            "event_type": clean_token(payload.get("eventTypeId")),
            "status": conversations.clean_word(payload.get("status")),
            "starts_at": format_first_time(payload.get("startTime")),
            "ends_at": format_first_time(payload.get("endTime")),
            "attendees": len(as_list(payload.get("attendees"))),
            "amount": price,
            "currency": currency,
        },
    }


def _form_fields(payload: dict[str, Any]) -> dict[str, Any]:
    return {"properties": {"form_id": clean_token(payload.get("formId"))}}


def _compute_signature(secret: str, body: bytes) -> bytes:
    return hmac.digest(secret.encode(), body, "sha256").hex().encode()


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Cal.com",
    page=__doc__,
    secret=GeneratedSecret(),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
