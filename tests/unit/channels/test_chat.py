"""What is peculiar to one messenger, help desk or calendar: what it means by what it says, and whom it speaks of."""

import json
from typing import Any

import msgspec
import pytest

from regulars.channels.contract import PartlyInvalidError
from regulars.channels.drafts import conversations as chat
from regulars.channels.registry import load_channel
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

MESSAGE_TEXT = "the words of somebody"
SECONDS, EVENT_MILLISECONDS, ISO = str(EVENT_EPOCH), EVENT_EPOCH * 1000, "2026-11-20T09:00:00Z"
NUMBER = "+447700900123"


def types(channel: str, body: object) -> list[str]:
    return [draft.event.type for draft in translate_drafts(channel, json_delivery(body))]


@pytest.mark.parametrize(
    ("module", "type_", "expected"),
    [
        ("line", chat.CONTACT_SUBSCRIBED, [("line", "granted")]),
        ("line", chat.CONTACT_UNSUBSCRIBED, [("line", "denied")]),
        ("wechat", chat.CONTACT_SUBSCRIBED, [("wechat", "granted")]),
        ("wechat", chat.CONTACT_UNSUBSCRIBED, [("wechat", "denied")]),
        ("telegram", chat.CONTACT_UNSUBSCRIBED, [("telegram", "denied")]),
        ("telegram", chat.CONTACT_SUBSCRIBED, []),
        ("wecom", chat.CONTACT_UNSUBSCRIBED, []),
        ("line", chat.MESSAGE_RECEIVED, []),
    ],
)
def test_follower_consents_where_the_platform_says_so_and_a_blocker_never(
    module: str, type_: str, expected: list[tuple[str, str]]
) -> None:
    told = chat.ConversationEvent(type=type_, at=NOW, key=("1",), customer="somebody")
    event = chat.build_conversation_draft(module, json_delivery({}), told).event
    assert consent_statuses(event) == expected
    assert (
        fold_events([msgspec.structs.replace(event, id="1")]).consent.keys()
        == dict(expected).keys()
    )


# WhatsApp, Messenger, Instagram


def whatsapp(field: str = "messages", **told: Any) -> dict[str, Any]:
    known = {"wa_id": "447700900123", "user_id": "GB.1", "profile": {"name": "Zebedee"}}
    value = {"metadata": {"phone_number_id": "1"}, "contacts": [known], field: [told]}
    changes = [{"field": field, "value": value}]
    return {"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": changes}]}


def message(**told: Any) -> dict[str, Any]:
    return whatsapp(**({"from": "447700900123", "id": "wamid.1", "timestamp": SECONDS} | told))


def test_whatsapp_message_is_received_without_its_text() -> None:
    (draft,) = translate_drafts(
        "whatsapp", json_delivery(message(type="text", text={"body": MESSAGE_TEXT}))
    )
    assert identifier_values([draft]) == [(NUMBER, "GB.1")]
    assert draft.contact["name"] == "Zebedee"
    assert draft.event.properties["length"] == len(MESSAGE_TEXT)
    assert MESSAGE_TEXT not in str(draft)


def test_whatsapp_person_without_a_number_is_known_by_id() -> None:
    told = message(type="text", from_user_id="GB.1") | {}
    told["entry"][0]["changes"][0]["value"]["messages"][0].pop("from")
    told["entry"][0]["changes"][0]["value"]["contacts"][0].pop("wa_id")
    assert identifier_values(translate_drafts("whatsapp", json_delivery(told))) == [("GB.1",)]


def test_whatsapp_cart_is_an_order_besides() -> None:
    line = {"product_retailer_id": "tea", "quantity": 2, "item_price": 4.5, "currency": "GBP"}
    told = message(type="order", order={"product_items": [line]})
    received, ordered = (draft.event for draft in translate_drafts("whatsapp", json_delivery(told)))
    assert (received.type, ordered.type) == ("Message Received", "Order Created")
    assert (ordered.items[0].price, ordered.currency, ordered.order) == (450, "GBP", None)


@pytest.mark.parametrize(("value", "status"), [("stop", "denied"), ("resume", "granted")])
def test_whatsapp_preference_is_a_consent(value: str, status: str) -> None:
    told = whatsapp("user_preferences", wa_id="447700900123", value=value, timestamp=EVENT_EPOCH)
    assert consent_statuses(translate_event("whatsapp", json_delivery(told))) == [
        ("whatsapp", status)
    ]


def test_whatsapp_status_repeated_is_one_event_and_another_status_another() -> None:
    told = {"id": "wamid.1", "recipient_id": "447700900123", "timestamp": SECONDS}
    bodies = [whatsapp("statuses", **told, status=each) for each in ("sent", "read", "sent")]
    sent, read, again = (translate_event("whatsapp", json_delivery(body)).id for body in bodies)
    assert sent == again != read


def test_meta_bad_item_keeps_no_other_back() -> None:
    inbox = {"sender": {"id": "7"}, "timestamp": EVENT_MILLISECONDS}
    items = [inbox | {"message": {"mid": "m"}}, inbox | {"unheard_of": {}}]
    body = {"object": "page", "entry": [{"id": "1", "messaging": items}]}
    with pytest.raises(PartlyInvalidError) as raised:
        translate_drafts("messenger", json_delivery(body))
    assert [draft.event.type for draft in raised.value.drafts] == ["Message Received"]


@pytest.mark.parametrize(
    ("said", "type_", "person"),
    [
        ({"message": {"mid": "m", "text": MESSAGE_TEXT}}, "Message Received", "7"),
        ({"message": {"mid": "m", "is_echo": True}}, "Message Sent", "1"),
        ({"message": {"mid": "m", "is_deleted": True}}, "Message Deleted", "7"),
        ({"read": {"watermark": 1}}, "Message Read", "7"),
        ({"delivery": {"mids": ["m"]}}, "Message Delivered", "7"),
    ],
)
def test_meta_conversation_tells_who_and_what(
    said: dict[str, Any], type_: str, person: str
) -> None:
    item = {"sender": {"id": "7"}, "recipient": {"id": "1"}, "timestamp": EVENT_MILLISECONDS} | said
    body = {"object": "instagram", "entry": [{"id": "1", "messaging": [item]}]}
    (draft,) = translate_drafts("instagram", json_delivery(body))
    assert (draft.event.type, identifier_values([draft])) == (type_, [(person,)])


# Twilio, Telegram, LINE


@pytest.mark.parametrize(
    ("number", "opted", "type_", "given"),
    [
        (NUMBER, "STOP", "Unsubscribed", [("sms", "denied")]),
        (NUMBER, "START", "Subscribed", [("sms", "granted")]),
        (f"whatsapp:{NUMBER}", "STOP", "Unsubscribed", [("whatsapp", "denied")]),
        (NUMBER, "HELP", "Message Received", []),
    ],
)
def test_twilio_opting_out_is_a_consent(
    number: str, opted: str, type_: str, given: list[tuple[str, str]]
) -> None:
    fields = {"SmsStatus": "received", "MessageSid": "SM1", "From": number, "OptOutType": opted}
    event = translate_event("twilio", form_delivery(fields))
    assert (event.type, consent_statuses(event)) == (type_, given)


def test_twilio_status_speaks_of_whom_it_was_sent_to() -> None:
    fields = {"MessageStatus": "delivered", "MessageSid": "SM1", "To": NUMBER, "From": "+4420"}
    assert identifier_values(translate_drafts("twilio", form_delivery(fields))) == [(NUMBER,)]


def telegram(**told: Any) -> dict[str, Any]:
    sender = {"id": 7, "first_name": "Zebedee", "language_code": "en"}
    return {
        "update_id": 1,
        "message": {"message_id": 2, "date": EVENT_EPOCH, "from": sender} | told,
    }


def test_telegram_link_says_where_it_stood() -> None:
    event = translate_event("telegram", json_delivery(telegram(text="/start news-1")))
    assert (event.properties["start"], event.traits) == ("news-1", {"locale": "en"})


@pytest.mark.parametrize(("owner", "found"), [(7, [("+447700900123", "7")] * 2), (8, [("7",)])])
def test_telegram_number_counts_only_when_it_is_the_persons_own(
    owner: int, found: list[tuple[str, ...]]
) -> None:
    body = telegram(contact={"phone_number": "447700900123", "user_id": owner})
    assert identifier_values(translate_drafts("telegram", json_delivery(body))) == found


@pytest.mark.parametrize(
    "said", [{"from": {"id": 11, "is_bot": True}}, {"sender_chat": {"id": -1}}]
)
def test_telegram_message_in_the_name_of_a_group_is_nobodys(said: dict[str, Any]) -> None:
    assert identifier_values(translate_drafts("telegram", json_delivery(telegram(**said)))) == [()]


def test_telegram_payment_is_told_besides_the_message() -> None:
    body = telegram(successful_payment={"currency": "EUR", "total_amount": 1250})
    assert types("telegram", body) == ["Message Received", "Payment Succeeded"]


def test_telegram_stars_are_told_and_are_no_money() -> None:
    body = telegram(successful_payment={"currency": "XTR", "total_amount": 50})
    payment = translate_drafts("telegram", json_delivery(body))[1].event
    assert (payment.type, payment.currency) == ("Payment Succeeded", "")
    assert payment.properties == {"amount": 50, "currency": "XTR"}


def test_telegram_bot_that_was_blocked_lost_its_contact() -> None:
    told = {"date": EVENT_EPOCH, "from": {"id": 7}, "chat": {"type": "private"}}
    body = {"update_id": 1, "my_chat_member": told | {"new_chat_member": {"status": "kicked"}}}
    assert types("telegram", body) == ["Contact Unsubscribed"]


def test_line_linked_account_is_the_visitor_of_its_nonce() -> None:
    told = {"type": "accountLink", "timestamp": EVENT_MILLISECONDS, "webhookEventId": "e"}
    told |= {"source": {"userId": "U1"}, "link": {"result": "ok", "nonce": "n-1"}}
    (draft,) = translate_drafts("line", json_delivery({"destination": "D", "events": [told]}))
    assert {each.namespace for each in draft.identifiers} == {"customer", "anonymous_id"}


# HubSpot, Intercom, Chatwoot, Crisp


def hubspot(**told: Any) -> list[dict[str, Any]]:
    return [{"portalId": 1, "objectId": 7, "occurredAt": EVENT_MILLISECONDS, "eventId": 1} | told]


@pytest.mark.parametrize(
    ("name", "value", "given"),
    [
        ("hs_email_optout", "true", [("email", "denied")]),
        ("hs_email_optout", "false", []),
        ("email", "zebedee@example.com", []),
    ],
)
def test_hubspot_change_is_told_without_its_value(
    name: str, value: str, given: list[tuple[str, str]]
) -> None:
    told = {"subscriptionType": "contact.propertyChange", "propertyName": name}
    event = translate_event("hubspot", json_delivery(hubspot(**told, propertyValue=value)))
    assert (event.properties, consent_statuses(event)) == ({"field": name}, given)


def test_hubspot_merged_contacts_are_one_person() -> None:
    told = {"subscriptionType": "contact.merge", "mergedObjectIds": [8, 9]}
    assert identifier_values(translate_drafts("hubspot", json_delivery(hubspot(**told)))) == [
        ("7", "8", "9")
    ]


def test_hubspot_merge_into_a_new_contact_joins_all_it_was_made_of() -> None:
    told = {"mergedObjectIds": [8], "primaryObjectId": 9, "newObjectId": 10, "objectId": None}
    body = hubspot(subscriptionType="contact.merge", **told)
    assert identifier_values(translate_drafts("hubspot", json_delivery(body))) == [("10", "9", "8")]


def intercom(topic: str, **item: Any) -> dict[str, Any]:
    return {
        "topic": topic,
        "id": "n",
        "app_id": "a",
        "created_at": EVENT_EPOCH,
        "data": {"item": item},
    }


def test_intercom_unsubscribed_contact_denies_mail() -> None:
    contact = {"id": "7", "email": "zebedee@example.com", "external_id": "u-1"}
    (draft,) = translate_drafts(
        "intercom", json_delivery(intercom("contact.unsubscribed", contact=contact))
    )
    assert consent_statuses(draft.event) == [("email", "denied")]
    assert identifier_values([draft]) == [("u-1", "zebedee@example.com", "7")]


@pytest.mark.parametrize(("count", "found"), [(1, [("c0",)]), (2, [()])])
def test_intercom_conversation_of_several_is_nobodys(count: int, found: list[Any]) -> None:
    contacts = [{"id": f"c{number}"} for number in range(count)]
    told = intercom("conversation.user.replied", contacts=contacts, source={"body": MESSAGE_TEXT})
    assert identifier_values(translate_drafts("intercom", json_delivery(told))) == found


@pytest.mark.parametrize(
    ("direction", "private", "found"),
    [
        ("incoming", False, ["Message Received"]),
        (0, False, ["Message Received"]),
        ("outgoing", False, ["Message Sent"]),
        ("outgoing", True, []),
        ("activity", False, []),
    ],
)
def test_chatwoot_direction_says_who_wrote(
    direction: object, private: bool, found: list[str]
) -> None:
    told = {"event": "message_created", "id": 1, "created_at": "2026-11-20 09:00:00 UTC"}
    assert types("chatwoot", told | {"message_type": direction, "private": private}) == found


def test_chatwoot_agent_is_not_the_contact() -> None:
    told = {"event": "message_created", "id": 1, "message_type": 1, "created_at": EVENT_EPOCH}
    told |= {"sender": {"id": 1}, "conversation": {"id": 2, "meta": {"sender": {"id": 7}}}}
    assert identifier_values(translate_drafts("chatwoot", json_delivery(told))) == [("7",)]


def test_crisp_address_left_behind_links_the_session() -> None:
    data = {"session_id": "session_1", "email": "zebedee@example.com"}
    told = {"event": "session:set_email", "data": data, "timestamp": EVENT_MILLISECONDS}
    assert identifier_values(translate_drafts("crisp", json_delivery(told))) == [
        ("zebedee@example.com", "session_1")
    ]


# Calendly, Cal.com


@pytest.mark.parametrize(
    ("event", "changed", "found"),
    [
        ("invitee.created", {}, ["Booking Created"]),
        ("invitee.created", {"old_invitee": "https://a"}, ["Booking Rescheduled"]),
        ("invitee.canceled", {"rescheduled": True}, []),
        ("invitee.canceled", {"rescheduled": False}, ["Booking Cancelled"]),
    ],
)
def test_calendly_move_is_told_once(event: str, changed: Any, found: list[str]) -> None:
    payload = {"uri": "https://api.calendly.com/x/1"} | changed
    assert types("calendly", {"event": event, "created_at": ISO, "payload": payload}) == found


def test_calcom_guests_are_counted_and_not_told() -> None:
    guests = [{"email": "zebedee@example.com"}, {"email": "guest@example.org"}]
    payload = {"uid": "b", "attendees": guests, "price": 500, "currency": "gbp"}
    told = {"triggerEvent": "BOOKING_PAID", "createdAt": ISO, "payload": payload}
    (draft,) = translate_drafts("calcom", json_delivery(told))
    assert identifier_values([draft]) == [("zebedee@example.com",)]
    assert (draft.event.properties["attendees"], draft.event.channel) == (2, "payments")
    assert (draft.event.properties["amount"], draft.event.currency) == (500, "GBP")


def test_calcom_ping_tells_nothing() -> None:
    assert types("calcom", {"triggerEvent": "PING", "createdAt": ISO}) == []


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
        ("crisp", {"event": "people:sync", "timestamp": EVENT_MILLISECONDS}),
        ("calendly", {"event": "user.updated"}),
        ("calcom", {"triggerEvent": "MEETING_ENDED"}),
    ],
)
def test_unknown_topic_is_set_aside(channel: str, body: object) -> None:
    with pytest.raises(InvalidEventError) as raised:
        load_channel(channel).translate(json_delivery(json.loads(json.dumps(body))))
    assert raised.value.code == "unknown_topic"
