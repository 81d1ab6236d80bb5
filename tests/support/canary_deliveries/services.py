"""The deliveries of help desks, CRMs, calendars, and of senders of their own."""

from typing import Any

from tests.support.canaries import (
    CITY_NAME,
    EMAIL,
    FIRST_NAME,
    FULL_NAME,
    LAST_NAME,
    MESSAGE,
    PHONE,
    STREET_LINE,
    USER_NAME,
)
from tests.support.canary_deliveries.delivery import EPOCH, TIME, build_json

_PERSON: dict[str, Any] = {
    "id": "7",
    "email": EMAIL,
    "name": FULL_NAME,
    "first_name": FIRST_NAME,
    "last_name": LAST_NAME,
    "phone": PHONE,
    "phone_number": PHONE,
    "nickname": USER_NAME,
}


def _build_hubspot_change(number: int, name: str, value: str) -> dict[str, Any]:
    return {
        "eventId": number,
        "portalId": 1,
        "occurredAt": EPOCH * 1000,
        "subscriptionType": "contact.propertyChange",
        "objectId": 7,
        "propertyName": name,
        "propertyValue": value,
    }


_CONTACT_VALUES = {
    "email": EMAIL,
    "firstname": FIRST_NAME,
    "phone": PHONE,
    "address": STREET_LINE,
    "notes": MESSAGE,
}

DELIVERIES = {
    "hubspot": (
        build_json(
            [
                _build_hubspot_change(number, name, value)
                for number, (name, value) in enumerate(_CONTACT_VALUES.items())
            ]
        ),
    ),
    "intercom": tuple(
        build_json(
            {
                "type": "notification_event",
                "app_id": "a",
                "id": topic,
                "topic": topic,
                "created_at": EPOCH,
                "data": {"item": item},
            }
        )
        for topic, item in {
            "contact.user.updated": _PERSON
            | {
                "type": "contact",
                "location": {"city": CITY_NAME},
                "custom_attributes": {"n": MESSAGE},
            },
            "conversation.user.replied": {
                "type": "conversation",
                "id": "9",
                "title": MESSAGE,
                "source": {"body": MESSAGE, "subject": MESSAGE, "author": _PERSON, "type": "email"},
                "contacts": {"contacts": [_PERSON]},
                "conversation_parts": {
                    "conversation_parts": [{"body": f"{MESSAGE} {EMAIL}", "author": _PERSON}]
                },
            },
        }.items()
    ),
    "chatwoot": (
        build_json(
            {
                "event": "message_created",
                "id": "1",
                "content": f"{MESSAGE} {EMAIL}",
                "created_at": TIME,
                "message_type": "incoming",
                "content_type": "text",
                "sender": _PERSON | {"identifier": EMAIL},
                "contact": _PERSON,
                "conversation": {
                    "display_id": "1",
                    "meta": {"sender": _PERSON},
                    "additional_attributes": {"referer": f"https://a.example/?e={EMAIL}"},
                },
                "account": {"id": "1", "name": "Shop"},
                "inbox": {"id": "1", "name": "web"},
            }
        ),
    ),
    "crisp": (
        build_json(
            {
                "website_id": "w",
                "event": "message:send",
                "timestamp": EPOCH * 1000,
                "data": {
                    "type": "text",
                    "content": f"{MESSAGE} {EMAIL} {PHONE}",
                    "from": "user",
                    "origin": "chat",
                    "timestamp": EPOCH * 1000,
                    "fingerprint": 1,
                    "website_id": "w",
                    "session_id": "session_1",
                    "user": {"nickname": FULL_NAME, "user_id": "session_1"},
                },
            }
        ),
    ),
    "calendly": (
        build_json(
            {
                "event": "invitee.created",
                "created_at": TIME,
                "payload": {
                    "uri": "https://api.calendly.com/scheduled_events/1/invitees/2",
                    **_PERSON,
                    "text_reminder_number": PHONE,
                    "status": "active",
                    "timezone": "Europe/London",
                    "questions_and_answers": [{"question": "Notes", "answer": MESSAGE}],
                    "scheduled_event": {
                        "uri": "https://api.calendly.com/scheduled_events/1",
                        "name": f"Meeting with {FULL_NAME}",
                        "start_time": TIME,
                        "end_time": TIME,
                        "location": {"type": "physical", "location": STREET_LINE},
                        "event_guests": [{"email": EMAIL}],
                    },
                },
            }
        ),
    ),
    "calcom": (
        build_json(
            {
                "triggerEvent": "BOOKING_CREATED",
                "createdAt": TIME,
                "payload": {
                    "uid": "b1",
                    "bookingId": 1,
                    "type": "60min",
                    "title": f"60min between Shop and {FULL_NAME}",
                    "eventTitle": "60min",
                    "startTime": TIME,
                    "endTime": TIME,
                    "additionalNotes": MESSAGE,
                    "location": STREET_LINE,
                    "attendees": [_PERSON | {"timeZone": "Europe/London"}],
                    "responses": {
                        "name": {"value": FULL_NAME},
                        "email": {"value": EMAIL},
                        "notes": {"value": MESSAGE},
                    },
                    "status": "ACCEPTED",
                },
            }
        ),
    ),
    "standard-webhooks": (
        build_json(
            {
                "type": "contact.created",
                "timestamp": TIME,
                "data": _PERSON | {"address": STREET_LINE, "message": MESSAGE},
            },
            webhook_id="msg_1",
            webhook_timestamp=str(EPOCH),
        ),
    ),
}
