"""Test that any delivery of a messenger, a help desk or a calendar becomes events without an address, or is rejected."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.channels.contract import PartlyInvalidError, Request
from regulars.channels.registry import load_channel
from tests.support.deliveries import EVENT_EPOCH, NOW, allow_refusals, form_delivery, json_delivery
from tests.unit.channels.test_translation_property import CANARY, check_draft, json_values

ISO = "2026-11-20T09:00:00Z"
PERSON: dict[str, Any] = {
    "id": 7,
    "email": CANARY,
    "name": CANARY,
    "phone": CANARY,
    "first_name": CANARY,
    "identifier": CANARY,
    "external_id": CANARY,
    "language_code": CANARY,
}
MESSAGE = {"id": CANARY, "mid": CANARY, "type": "text", "text": CANARY, "timestamp": EVENT_EPOCH}
ENTRY = {"id": "1", "time": EVENT_EPOCH, "messaging": [], "changes": []}
VALUE = {
    "metadata": {"phone_number_id": CANARY},
    "contacts": [{"wa_id": "7", "profile": {"name": CANARY}}],
    "messages": [MESSAGE | {"from": "7", "text": {"body": CANARY}}],
    "statuses": [
        {"id": CANARY, "status": "failed", "timestamp": EVENT_EPOCH, "errors": [{"code": 1}]}
    ],
    "from": {"id": CANARY},
    "media": {"id": CANARY},
    "form_id": CANARY,
    "created_time": EVENT_EPOCH,
}
INBOX_ITEM = {"sender": {"id": CANARY}, "timestamp": EVENT_EPOCH * 1000, "message": MESSAGE}
BODIES_BY_CHANNEL: dict[str, dict[str, Any]] = {
    "whatsapp": {
        "object": "whatsapp_business_account",
        "entry": [ENTRY | {"changes": [{"field": "messages", "value": VALUE}]}],
    },
    "messenger": {
        "object": "page",
        "entry": [
            ENTRY | {"messaging": [INBOX_ITEM], "changes": [{"field": "leadgen", "value": VALUE}]}
        ],
    },
    "instagram": {
        "object": "instagram",
        "entry": [
            ENTRY | {"messaging": [INBOX_ITEM], "changes": [{"field": "comments", "value": VALUE}]}
        ],
    },
    "twilio": {
        "SmsStatus": "received",
        "MessageSid": "SM1",
        "AccountSid": CANARY,
        "From": CANARY,
        "Body": CANARY,
        "NumMedia": "1",
        "ErrorCode": CANARY,
        "OptOutType": "STOP",
        "ProfileName": CANARY,
    },
    "telegram": {
        "update_id": 1,
        "message": {
            "message_id": CANARY,
            "date": EVENT_EPOCH,
            "from": PERSON,
            "text": f"/start {CANARY}",
            "contact": {"user_id": 7, "phone_number": CANARY},
            "successful_payment": {"currency": "EUR", "total_amount": 1},
        },
    },
    "line": {
        "destination": CANARY,
        "events": [
            {
                "type": "message",
                "timestamp": EVENT_EPOCH * 1000,
                "webhookEventId": "e",
                "source": {"type": "user", "userId": CANARY},
                "message": MESSAGE,
            }
        ],
    },
    "hubspot": {
        "subscriptionType": "contact.propertyChange",
        "eventId": 1,
        "objectId": 7,
        "portalId": CANARY,
        "occurredAt": EVENT_EPOCH * 1000,
        "propertyName": "lifecyclestage",
        "propertyValue": CANARY,
        "mergedObjectIds": [CANARY],
    },
    "intercom": {
        "topic": "conversation.user.replied",
        "id": "n",
        "app_id": CANARY,
        "created_at": EVENT_EPOCH,
        "data": {
            "item": PERSON
            | {"contacts": [PERSON], "state": CANARY, "source": {"type": CANARY, "body": CANARY}}
        },
    },
    "chatwoot": {
        "event": "message_created",
        "id": CANARY,
        "message_type": "incoming",
        "created_at": ISO,
        "content": CANARY,
        "content_type": CANARY,
        "sender": PERSON,
        "conversation": {"display_id": CANARY, "meta": {"sender": PERSON}},
        "account": {"id": CANARY},
    },
    "crisp": {
        "website_id": CANARY,
        "event": "message:send",
        "timestamp": EVENT_EPOCH * 1000,
        "data": {"from": "user", "type": CANARY, "content": CANARY, "session_id": CANARY},
    },
    "calendly": {
        "event": "invitee.created",
        "created_at": ISO,
        "payload": PERSON
        | {
            "uri": "https://a.example/1",
            "timezone": CANARY,
            "scheduled_event": {"uri": CANARY, "event_type": CANARY, "start_time": ISO},
            "cancellation": {"canceler_type": CANARY},
            "tracking": {"utm_source": CANARY},
        },
    },
    "calcom": {
        "triggerEvent": "BOOKING_CREATED",
        "createdAt": ISO,
        "payload": {
            "uid": "b",
            "eventTypeId": CANARY,
            "status": CANARY,
            "attendees": [PERSON | {"timeZone": CANARY, "language": {"locale": CANARY}}],
            "responses": {"email": {"value": CANARY}, "name": {"value": CANARY}},
            "price": 100,
            "currency": "eur",
        },
    },
}
WECHAT_FIELDS = (
    "ToUserName",
    "FromUserName",
    "CreateTime",
    "MsgType",
    "Event",
    "EventKey",
    "MsgId",
)


def build_delivery(channel: str, body: dict[str, Any]) -> Request:
    if channel == "twilio":
        return form_delivery({name: str(value) for name, value in body.items()})
    return json_delivery(body)


def damage_value(value: Any, damage: Any, path: list[int]) -> Any:
    """Return the value with `damage` in one place; each number of the path selects an item of one level."""
    if not path or not isinstance(value, dict | list) or not value:
        return damage
    index = path[0] % len(value)
    if isinstance(value, list):
        return [*value[:index], damage_value(value[index], damage, path[1:]), *value[index + 1 :]]
    key = sorted(value)[index]
    return value | {key: damage_value(value[key], damage, path[1:])}


def check_delivery(channel: str, request: Request) -> int:
    """Return the number of events of a delivery, after checking each event."""
    try:
        drafts = load_channel(channel).translate(request)
    except PartlyInvalidError as error:
        drafts = list(error.drafts)
    for draft in drafts:
        check_draft(draft)
    return len(drafts)


@pytest.mark.parametrize("channel", sorted(BODIES_BY_CHANNEL))
def test_complete_delivery_becomes_events_without_an_address(channel: str) -> None:
    assert check_delivery(channel, build_delivery(channel, BODIES_BY_CHANNEL[channel])) > 0


@pytest.mark.parametrize("channel", sorted(BODIES_BY_CHANNEL))
@given(damage=json_values, path=st.lists(st.integers(0, 9), min_size=1, max_size=7))
def test_damaged_delivery_is_rejected_or_contains_no_address(
    channel: str, damage: Any, path: list[int]
) -> None:
    body = damage_value(BODIES_BY_CHANNEL[channel], damage, path)
    with allow_refusals():
        check_delivery(
            channel, build_delivery(channel, body if isinstance(body, dict) else {"": body})
        )


@pytest.mark.parametrize("channel", sorted(BODIES_BY_CHANNEL))
@given(body=st.binary(max_size=40) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_rejected_or_contains_no_address(channel: str, body: bytes) -> None:
    with allow_refusals():
        check_delivery(channel, Request("main", body, NOW))


@pytest.mark.parametrize("channel", ["wechat", "wecom"])
@given(
    st.dictionaries(
        st.sampled_from(WECHAT_FIELDS), st.sampled_from(["text", "event", CANARY, "1", "<"])
    )
)
def test_any_xml_is_rejected_or_contains_no_address(channel: str, fields: dict[str, str]) -> None:
    body = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    with allow_refusals():
        check_delivery(channel, Request("main", f"<xml>{body}</xml>".encode(), NOW))
