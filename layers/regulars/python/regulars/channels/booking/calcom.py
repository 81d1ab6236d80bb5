"""Cal.com: bookings asked for, made, moved, cancelled and paid, and routing forms.

Set it up
* Run `regulars connect calcom`; it makes up a secret and prints the URL.
* In Cal.com: Settings → Developer → Webhooks → New. Paste the URL as subscriber URL and the secret as secret; keep the
  payload template as it is.
* Choose the triggers: booking created, requested, rescheduled, cancelled, rejected and paid, and form submitted.
* To rotate: run `regulars sources rotate calcom`, paste the new secret; both count until the old one is taken away.

Events
* BOOKING_CREATED and BOOKING_REQUESTED → Booking Created, BOOKING_RESCHEDULED → Booking Rescheduled,
* BOOKING_CANCELLED and BOOKING_REJECTED → Booking Cancelled,
* BOOKING_PAID → Payment Succeeded, without an order: the payment's own provider tells the sale,
* FORM_SUBMITTED → Form Submitted.
* PING, by which Cal.com tries the address, tells nothing. Anything else is set aside as unknown_topic.

What is stored
* The ids of the booking and of its kind, its status, when it begins and ends, the price. Never an answer, a note, a reason,
  a place or a link to a call, nor anything of yourself.
* Of whoever booked, the e-mail address, the name and the number go to the person's contact data; language and time zone are
  traits. Their guests are only counted.
* Booking, trigger and time make an event the one it is: Cal.com signs no id of a delivery.
"""

import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.contract import Channel, Draft, GeneratedSecret, Request
from regulars.channels.drafts import conversations as chat
from regulars.channels.drafts.conversations import Message, message_draft
from regulars.channels.drafts.sales import currency_of, required, units_of, unknown_topic
from regulars.channels.fields.event_times import first_of, parsed
from regulars.channels.fields.json_values import ObjectReader, a_list, an_object, objects
from regulars.channels.fields.redaction import clean_text, clean_token
from regulars.channels.signatures.shared_secret import check_equal

CHANNEL_NAME = "calcom"
PAID, FORM = "BOOKING_PAID", "FORM_SUBMITTED"
TOPICS = {
    "BOOKING_CREATED": "Booking Created",
    "BOOKING_REQUESTED": "Booking Created",
    "BOOKING_RESCHEDULED": "Booking Rescheduled",
    "BOOKING_CANCELLED": "Booking Cancelled",
    "BOOKING_REJECTED": "Booking Cancelled",
    PAID: "Payment Succeeded",
    FORM: "Form Submitted",
}
_CHANNELS = {PAID: "payments", FORM: "form"}
_SIGNATURE = "x-cal-signature-256"
_READER = ObjectReader(("triggerEvent", "createdAt", "payload"))


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (it carries no time)
    """HMAC-SHA256 over the raw bytes by any live secret.

    https://cal.com/docs/developing/guides/automation/webhooks#verifying-the-authenticity-of-the-received-payload
    """
    wanted = [_signed(secret, request.body) for secret in secrets]
    check_equal(request.headers.get(_SIGNATURE, ""), wanted)


def translate_delivery(request: Request) -> list[Draft]:
    """One event, or none for a ping."""
    body = _READER.read(request.body)
    topic, told = body.get("triggerEvent"), an_object(body.get("payload"))
    if topic == "PING":
        return []
    if not isinstance(topic, str) or topic not in TOPICS:
        raise unknown_topic()
    at = body.get("createdAt")
    thing = told.get("uid") or told.get("bookingId") or told.get("formId")
    message = Message(
        type=TOPICS[topic],
        at=parsed(at),
        key=(topic, required(thing, "uid"), at),
        channel=_CHANNELS.get(topic, "booking"),
        **_who(told),
        **(_form(told) if topic == FORM else _booking(told, is_paid=topic == PAID)),
    )
    return [message_draft(CHANNEL_NAME, request, message)]


def build_sample(blank: Request, secret: str) -> Request:
    """A signed delivery of a topic nobody knows, which is set aside."""
    body = json.dumps({"triggerEvent": "TEST"}).encode()
    headers = {"content-type": "application/json", _SIGNATURE: _signed(secret, body).decode()}
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _who(told: dict[str, Any]) -> dict[str, Any]:
    """Whoever booked: as they filled in the form, else the first who attends; the others are guests."""
    first = next(iter(objects(told.get("attendees"))), {})
    responses = an_object(told.get("responses"))
    phone = _answer(responses, "attendeePhoneNumber") or _answer(responses, "smsReminderNumber")
    return {
        "contact": {
            "email": _answer(responses, "email") or first.get("email"),
            "name": _answer(responses, "name") or first.get("name"),
            "phone": phone or first.get("phoneNumber"),
        },
        "traits": {
            "timezone": clean_text(first.get("timeZone")),
            **chat.language(an_object(first.get("language")).get("locale")),
        },
    }


def _answer(responses: dict[str, Any], name: str) -> object:
    value = an_object(responses.get(name)).get("value")
    return value if isinstance(value, str) else None


def _booking(told: dict[str, Any], *, is_paid: bool) -> dict[str, Any]:
    price = units_of(told.get("price") or 0)
    currency = currency_of(told.get("currency")) if price or is_paid else ""
    return {
        "currency": currency,
        "properties": {
            "booking_id": clean_token(told.get("uid")),
            "event_type": clean_token(told.get("eventTypeId")),
            "status": chat.kind(told.get("status")),
            "starts_at": first_of(told.get("startTime")),
            "ends_at": first_of(told.get("endTime")),
            "attendees": len(a_list(told.get("attendees"))),
            "amount": price,
            "currency": currency,
        },
    }


def _form(told: dict[str, Any]) -> dict[str, Any]:
    return {"properties": {"form_id": clean_token(told.get("formId"))}}


def _signed(secret: str, body: bytes) -> bytes:
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
