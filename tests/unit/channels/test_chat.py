"""Test what is specific to one messenger, help desk or calendar: the meaning of its events and the person of each."""

import json
from typing import Any

import msgspec
import pytest

from regulars.channels.contract import PartlyInvalidError
from regulars.channels.drafts import conversations
from regulars.channels.registry import load_channel
from regulars.domain.consent import list_addresses
from regulars.domain.errors import InvalidEventError
from regulars.domain.profiles import fold_events
from tests.support.deliveries import (
    EVENT_EPOCH,
    NOW,
    consent_statuses,
    form_delivery,
    identifier_values,
    json_delivery,
    translate_drafts,
    translate_event,
)

MESSAGE_TEXT = "the text of a person"
EPOCH_SECONDS, EPOCH_MILLISECONDS, ISO_TIME = (
    str(EVENT_EPOCH),
    EVENT_EPOCH * 1000,
    "2026-11-20T09:00:00Z",
)
PHONE_NUMBER = "+447400123456"


def event_types(channel: str, body: object) -> list[str]:
    return [draft.event.type for draft in translate_drafts(channel, json_delivery(body))]


@pytest.mark.parametrize(
    ("module", "type_", "expected"),
    [
        ("line", conversations.CONTACT_SUBSCRIBED, [("line", "granted")]),
        ("line", conversations.CONTACT_UNSUBSCRIBED, [("line", "denied")]),
        ("wechat", conversations.CONTACT_SUBSCRIBED, [("wechat", "granted")]),
        ("wechat", conversations.CONTACT_UNSUBSCRIBED, [("wechat", "denied")]),
        ("telegram", conversations.CONTACT_UNSUBSCRIBED, [("telegram", "denied")]),
        ("telegram", conversations.CONTACT_SUBSCRIBED, []),
        ("wecom", conversations.CONTACT_UNSUBSCRIBED, []),
        ("line", conversations.MESSAGE_RECEIVED, []),
    ],
)
def test_follow_and_block_change_the_consent_of_the_platform(
    module: str, type_: str, expected: list[tuple[str, str]]
) -> None:
    conversation = conversations.ConversationEvent(type=type_, at=NOW, key=("1",), customer="7")
    event = conversations.build_conversation_draft(module, json_delivery({}), conversation).event
    assert consent_statuses(event) == expected
    state = fold_events([msgspec.structs.replace(event, id="1", subjects=("c:7",))])
    assert list_addresses(state.consents) == tuple(
        (channel, "marketing", "c:7") for channel, _ in expected
    )


# WhatsApp, Messenger, Instagram


def build_whatsapp_body(field: str = "messages", **fields: Any) -> dict[str, Any]:
    contact = {"wa_id": "447400123456", "user_id": "GB.1", "profile": {"name": "Zebedee"}}
    value = {"metadata": {"phone_number_id": "1"}, "contacts": [contact], field: [fields]}
    changes = [{"field": field, "value": value}]
    return {"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": changes}]}


def build_whatsapp_message(**fields: Any) -> dict[str, Any]:
    return build_whatsapp_body(
        **({"from": "447400123456", "id": "wamid.1", "timestamp": EPOCH_SECONDS} | fields)
    )


def test_whatsapp_message_becomes_an_event_without_its_text() -> None:
    (draft,) = translate_drafts(
        "whatsapp", json_delivery(build_whatsapp_message(type="text", text={"body": MESSAGE_TEXT}))
    )
    assert identifier_values([draft]) == [(PHONE_NUMBER, "GB.1")]
    assert draft.contact["name"] == "Zebedee"
    assert draft.event.properties["length"] == len(MESSAGE_TEXT)
    assert MESSAGE_TEXT not in str(draft)


def test_whatsapp_person_has_the_meta_id_when_the_number_is_absent() -> None:
    body = build_whatsapp_message(type="text", from_user_id="GB.1")
    value = body["entry"][0]["changes"][0]["value"]
    value["messages"][0].pop("from")
    value["contacts"][0].pop("wa_id")
    assert identifier_values(translate_drafts("whatsapp", json_delivery(body))) == [("GB.1",)]


def test_whatsapp_cart_becomes_a_message_and_an_order() -> None:
    line = {"product_retailer_id": "tea", "quantity": 2, "item_price": 4.5, "currency": "GBP"}
    body = build_whatsapp_message(type="order", order={"product_items": [line]})
    message_event, order_event = (
        draft.event for draft in translate_drafts("whatsapp", json_delivery(body))
    )
    assert (message_event.type, order_event.type) == ("Message Received", "Order Created")
    assert (order_event.items[0].price, order_event.currency, order_event.order) == (
        450,
        "GBP",
        None,
    )


@pytest.mark.parametrize(("value", "status"), [("stop", "denied"), ("resume", "granted")])
def test_whatsapp_preference_changes_the_consent(value: str, status: str) -> None:
    body = build_whatsapp_body(
        "user_preferences", wa_id="447400123456", value=value, timestamp=EVENT_EPOCH
    )
    assert consent_statuses(translate_event("whatsapp", json_delivery(body))) == [
        ("whatsapp", status)
    ]


def test_whatsapp_status_is_one_event_when_it_is_repeated() -> None:
    fields = {"id": "wamid.1", "recipient_id": "447400123456", "timestamp": EPOCH_SECONDS}
    bodies = [
        build_whatsapp_body("statuses", **fields, status=status)
        for status in ("sent", "read", "sent")
    ]
    sent_id, read_id, repeated_id = (
        translate_event("whatsapp", json_delivery(body)).id for body in bodies
    )
    assert sent_id == repeated_id != read_id


def test_meta_item_is_translated_when_another_is_invalid() -> None:
    inbox = {"sender": {"id": "7"}, "timestamp": EPOCH_MILLISECONDS}
    items = [inbox | {"message": {"mid": "m"}}, inbox | {"unheard_of": {}}]
    body = {"object": "page", "entry": [{"id": "1", "messaging": items}]}
    with pytest.raises(PartlyInvalidError) as raised:
        translate_drafts("messenger", json_delivery(body))
    assert [draft.event.type for draft in raised.value.drafts] == ["Message Received"]


@pytest.mark.parametrize(
    ("content", "type_", "person"),
    [
        ({"message": {"mid": "m", "text": MESSAGE_TEXT}}, "Message Received", "7"),
        ({"message": {"mid": "m", "is_echo": True}}, "Message Sent", "1"),
        ({"message": {"mid": "m", "is_deleted": True}}, "Message Deleted", "7"),
        ({"read": {"watermark": 1}}, "Message Read", "7"),
        ({"delivery": {"mids": ["m"]}}, "Message Delivered", "7"),
    ],
)
def test_meta_item_determines_type_and_person(
    content: dict[str, Any], type_: str, person: str
) -> None:
    item = {
        "sender": {"id": "7"},
        "recipient": {"id": "1"},
        "timestamp": EPOCH_MILLISECONDS,
    } | content
    body = {"object": "instagram", "entry": [{"id": "1", "messaging": [item]}]}
    (draft,) = translate_drafts("instagram", json_delivery(body))
    assert (draft.event.type, identifier_values([draft])) == (type_, [(person,)])


# Twilio, Telegram, LINE


@pytest.mark.parametrize(
    ("number", "keyword", "type_", "expected"),
    [
        (PHONE_NUMBER, "STOP", "Unsubscribed", [("sms", "denied")]),
        (PHONE_NUMBER, "START", "Subscribed", [("sms", "granted")]),
        (f"whatsapp:{PHONE_NUMBER}", "STOP", "Unsubscribed", [("whatsapp", "denied")]),
        (PHONE_NUMBER, "HELP", "Message Received", []),
    ],
)
def test_twilio_keyword_changes_the_consent(
    number: str, keyword: str, type_: str, expected: list[tuple[str, str]]
) -> None:
    fields = {"SmsStatus": "received", "MessageSid": "SM1", "From": number, "OptOutType": keyword}
    event = translate_event("twilio", form_delivery(fields))
    assert (event.type, consent_statuses(event)) == (type_, expected)


def test_twilio_status_identifies_the_recipient() -> None:
    fields = {
        "MessageStatus": "delivered",
        "MessageSid": "SM1",
        "To": PHONE_NUMBER,
        "From": "+4420",
    }
    assert identifier_values(translate_drafts("twilio", form_delivery(fields))) == [(PHONE_NUMBER,)]


def build_telegram_update(**fields: Any) -> dict[str, Any]:
    sender = {"id": 7, "first_name": "Zebedee", "language_code": "en"}
    return {
        "update_id": 1,
        "message": {"message_id": 2, "date": EVENT_EPOCH, "from": sender} | fields,
    }


def test_telegram_start_parameter_is_stored() -> None:
    event = translate_event("telegram", json_delivery(build_telegram_update(text="/start news-1")))
    assert (event.properties["start"], event.traits) == ("news-1", {"locale": "en"})


@pytest.mark.parametrize(("owner", "expected"), [(7, [("+447400123456", "7")] * 2), (8, [("7",)])])
def test_telegram_number_is_stored_when_it_is_the_sender_s_own(
    owner: int, expected: list[tuple[str, ...]]
) -> None:
    body = build_telegram_update(contact={"phone_number": "447400123456", "user_id": owner})
    assert identifier_values(translate_drafts("telegram", json_delivery(body))) == expected


@pytest.mark.parametrize(
    "fields", [{"from": {"id": 11, "is_bot": True}}, {"sender_chat": {"id": -1}}]
)
def test_telegram_message_has_no_person_when_a_bot_or_a_channel_sends_it(
    fields: dict[str, Any],
) -> None:
    assert identifier_values(
        translate_drafts("telegram", json_delivery(build_telegram_update(**fields)))
    ) == [()]


def test_telegram_payment_becomes_a_message_and_a_payment() -> None:
    body = build_telegram_update(successful_payment={"currency": "EUR", "total_amount": 1250})
    assert event_types("telegram", body) == ["Message Received", "Payment Succeeded"]


def test_telegram_stars_have_no_currency() -> None:
    body = build_telegram_update(successful_payment={"currency": "XTR", "total_amount": 50})
    payment = translate_drafts("telegram", json_delivery(body))[1].event
    assert (payment.type, payment.currency) == ("Payment Succeeded", "")
    assert payment.properties == {"amount": 50, "currency": "XTR"}


def test_telegram_block_unsubscribes_the_contact() -> None:
    change = {"date": EVENT_EPOCH, "from": {"id": 7}, "chat": {"type": "private"}}
    body = {"update_id": 1, "my_chat_member": change | {"new_chat_member": {"status": "kicked"}}}
    assert event_types("telegram", body) == ["Contact Unsubscribed"]


def test_line_account_link_has_the_nonce_as_anonymous_id() -> None:
    event = {"type": "accountLink", "timestamp": EPOCH_MILLISECONDS, "webhookEventId": "e"}
    event |= {"source": {"userId": "U1"}, "link": {"result": "ok", "nonce": "n-1"}}
    (draft,) = translate_drafts("line", json_delivery({"destination": "D", "events": [event]}))
    assert {identifier.namespace for identifier in draft.identifiers} == {
        "customer",
        "anonymous_id",
    }


# HubSpot, Intercom, Chatwoot, Crisp


def build_hubspot_body(**fields: Any) -> list[dict[str, Any]]:
    return [{"portalId": 1, "objectId": 7, "occurredAt": EPOCH_MILLISECONDS, "eventId": 1} | fields]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("hs_email_optout", "true", [("email", "denied")]),
        ("hs_email_optout", "false", []),
        ("email", "zebedee@example.com", []),
    ],
)
def test_hubspot_change_has_its_field_without_the_value(
    name: str, value: str, expected: list[tuple[str, str]]
) -> None:
    fields = {"subscriptionType": "contact.propertyChange", "propertyName": name}
    event = translate_event(
        "hubspot", json_delivery(build_hubspot_body(**fields, propertyValue=value))
    )
    assert (event.properties, consent_statuses(event)) == ({"field": name}, expected)


def test_hubspot_merge_identifies_one_person() -> None:
    fields = {"subscriptionType": "contact.merge", "mergedObjectIds": [8, 9]}
    assert identifier_values(
        translate_drafts("hubspot", json_delivery(build_hubspot_body(**fields)))
    ) == [("7", "8", "9")]


def test_hubspot_merge_has_all_contacts_when_it_creates_a_new_one() -> None:
    fields = {"mergedObjectIds": [8], "primaryObjectId": 9, "newObjectId": 10, "objectId": None}
    body = build_hubspot_body(subscriptionType="contact.merge", **fields)
    assert identifier_values(translate_drafts("hubspot", json_delivery(body))) == [("10", "9", "8")]


def build_intercom_body(topic: str, **item: Any) -> dict[str, Any]:
    return {
        "topic": topic,
        "id": "n",
        "app_id": "a",
        "created_at": EVENT_EPOCH,
        "data": {"item": item},
    }


def test_intercom_unsubscribe_denies_the_consent() -> None:
    contact = {"id": "7", "email": "zebedee@example.com", "external_id": "u-1"}
    (draft,) = translate_drafts(
        "intercom", json_delivery(build_intercom_body("contact.unsubscribed", contact=contact))
    )
    assert consent_statuses(draft.event) == [("email", "denied")]
    assert identifier_values([draft]) == [("u-1", "zebedee@example.com", "7")]


@pytest.mark.parametrize(("count", "expected"), [(1, [("c0",)]), (2, [()])])
def test_intercom_conversation_has_no_person_when_there_are_several_contacts(
    count: int, expected: list[Any]
) -> None:
    contacts = [{"id": f"c{number}"} for number in range(count)]
    body = build_intercom_body(
        "conversation.user.replied", contacts=contacts, source={"body": MESSAGE_TEXT}
    )
    assert identifier_values(translate_drafts("intercom", json_delivery(body))) == expected


@pytest.mark.parametrize(
    ("direction", "private", "expected"),
    [
        ("incoming", False, ["Message Received"]),
        (0, False, ["Message Received"]),
        ("outgoing", False, ["Message Sent"]),
        ("outgoing", True, []),
        ("activity", False, []),
    ],
)
def test_chatwoot_direction_determines_the_type(
    direction: object, private: bool, expected: list[str]
) -> None:
    body = {"event": "message_created", "id": 1, "created_at": "2026-11-20 09:00:00 UTC"}
    assert (
        event_types("chatwoot", body | {"message_type": direction, "private": private}) == expected
    )


def test_chatwoot_outgoing_message_identifies_the_contact() -> None:
    body = {"event": "message_created", "id": 1, "message_type": 1, "created_at": EVENT_EPOCH}
    body |= {"sender": {"id": 1}, "conversation": {"id": 2, "meta": {"sender": {"id": 7}}}}
    assert identifier_values(translate_drafts("chatwoot", json_delivery(body))) == [("7",)]


def test_crisp_address_is_linked_to_the_session() -> None:
    data = {"session_id": "session_1", "email": "zebedee@example.com"}
    body = {"event": "session:set_email", "data": data, "timestamp": EPOCH_MILLISECONDS}
    assert identifier_values(translate_drafts("crisp", json_delivery(body))) == [
        ("zebedee@example.com", "session_1")
    ]


# Calendly, Cal.com


@pytest.mark.parametrize(
    ("event", "changes", "expected"),
    [
        ("invitee.created", {}, ["Booking Created"]),
        ("invitee.created", {"old_invitee": "https://a"}, ["Booking Rescheduled"]),
        ("invitee.canceled", {"rescheduled": True}, []),
        ("invitee.canceled", {"rescheduled": False}, ["Booking Cancelled"]),
    ],
)
def test_calendly_reschedule_is_one_event(event: str, changes: Any, expected: list[str]) -> None:
    payload = {"uri": "https://api.calendly.com/x/1"} | changes
    assert (
        event_types("calendly", {"event": event, "created_at": ISO_TIME, "payload": payload})
        == expected
    )


def test_calcom_guests_are_counted_and_not_identified() -> None:
    guests = [{"email": "zebedee@example.com"}, {"email": "guest@example.org"}]
    payload = {"uid": "b", "attendees": guests, "price": 500, "currency": "gbp"}
    body = {"triggerEvent": "BOOKING_PAID", "createdAt": ISO_TIME, "payload": payload}
    (draft,) = translate_drafts("calcom", json_delivery(body))
    assert identifier_values([draft]) == [("zebedee@example.com",)]
    assert (draft.event.properties["attendees"], draft.event.channel) == (2, "payments")
    assert (draft.event.properties["amount"], draft.event.currency) == (500, "GBP")


def test_calcom_ping_produces_no_event() -> None:
    assert event_types("calcom", {"triggerEvent": "PING", "createdAt": ISO_TIME}) == []


@pytest.mark.parametrize(
    ("channel", "body"),
    [
        ("whatsapp", {"object": "page"}),
        ("messenger", {"object": "instagram"}),
        ("messenger", {"object": "page", "entry": [{"id": "1", "standby": [{}]}]}),
        ("telegram", {"update_id": 1, "channel_post": {}}),
        ("line", {"events": [{"type": "beacon"}]}),
        ("hubspot", [{"subscriptionType": "ticket.creation"}]),
        ("intercom", {"topic": "company.created"}),
        ("chatwoot", {"event": "webwidget_triggered"}),
        ("crisp", {"event": "people:sync", "timestamp": EPOCH_MILLISECONDS}),
        ("calendly", {"event": "user.updated"}),
        ("calcom", {"triggerEvent": "MEETING_ENDED"}),
    ],
)
def test_unknown_topic_is_rejected(channel: str, body: object) -> None:
    with pytest.raises(InvalidEventError) as raised:
        load_channel(channel).translate(json_delivery(json.loads(json.dumps(body))))
    assert raised.value.code == "unknown_topic"
