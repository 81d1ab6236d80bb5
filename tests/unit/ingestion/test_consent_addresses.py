"""Each door that carries consent names the address that the consent is about."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from regulars.channels.contract import Draft, Request
from regulars.channels.tracking.messages import translate_message
from regulars.domain.consent import combine_consents, list_addresses, read_consents
from regulars.domain.consent_decisions import may_send
from regulars.domain.events import Event, encode_event
from regulars.domain.identifiers import Identifier, subject_key, subject_keys
from regulars.ingestion.consent_addresses import name_addresses
from tests.support.deliveries import (
    EVENT_EPOCH,
    form_delivery,
    json_delivery,
    translate_drafts,
)
from tests.support.export_files import import_content

PEPPER = b"pepper"
NOW = datetime(2026, 12, 1, tzinfo=UTC)
ANN, WORK, PHONE = "ann@shop.example", "ann@work.example", "+447400123456"
ANN_KEY = subject_key(Identifier("email", ANN), PEPPER)
WORK_KEY = subject_key(Identifier("email", WORK), PEPPER)
PHONE_KEY = subject_key(Identifier("phone", PHONE), PEPPER)
EMAIL_QUESTION = {"consents": {"News?": "email"}}


def to_event(draft: Draft) -> Event:
    """Return the event of a draft as it is recorded."""
    return msgspec.structs.replace(
        draft.event,
        subjects=subject_keys(draft.identifiers, PEPPER),
        consents=name_addresses(draft, PEPPER),
    )


def translate_shopify(topic: str, body: dict[str, Any], shop: str = "a.myshopify.com") -> Draft:
    request = json_delivery(body, None, x_shopify_topic=topic, x_shopify_shop_domain=shop)
    (draft,) = translate_drafts("shopify", request)
    return draft


def track(raw: dict[str, Any]) -> Draft:
    request = Request(source="web", body=b"", received_at=NOW)
    return translate_message(msgspec.json.encode({"type": "track"} | raw), request)


def build_marketing_consent(state: str, at: str = "2026-11-19T07:00:00Z") -> dict[str, str]:
    return {"state": state, "consent_updated_at": at, "opt_in_level": "single_opt_in"}


def translate_whatsapp_stop() -> Draft:
    preference = {"wa_id": PHONE[1:], "value": "stop", "timestamp": EVENT_EPOCH}
    change = {"field": "user_preferences", "value": {"user_preferences": [preference]}}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
    (draft,) = translate_drafts("whatsapp", json_delivery(body))
    return draft


def translate_single(channel: str, request: Request) -> Draft:
    (draft,) = translate_drafts(channel, request)
    return draft


def import_single(row: dict[str, str]) -> Draft:
    (draft,) = import_content([row]).drafts
    return draft


DRAFTS_AT_DOORS = {
    "shopify customer": (
        translate_shopify(
            "customers/update",
            {
                "id": 7,
                "email": ANN,
                "email_marketing_consent": build_marketing_consent("subscribed"),
            },
        ),
        [("email", "granted", ANN_KEY)],
    ),
    "shopify consent": (
        translate_shopify(
            "customers_email_marketing_consent/update",
            {
                "customer_id": 7,
                "email_address": ANN,
                "email_marketing_consent": build_marketing_consent("unsubscribed"),
            },
        ),
        [("email", "denied", ANN_KEY)],
    ),
    "shopify sms": (
        translate_shopify(
            "customers/update",
            {
                "id": 7,
                "email": ANN,
                "phone": PHONE,
                "sms_marketing_consent": build_marketing_consent("pending"),
            },
        ),
        [("sms", "pending", PHONE_KEY)],
    ),
    # The order went to another address than the customer's own, whose consent it carries.
    "shopify order to another address": (
        translate_shopify(
            "orders/updated",
            {
                "id": 1,
                "email": WORK,
                "contact_email": WORK,
                "total_price": "1.00",
                "currency": "EUR",
                "created_at": "2026-11-19T07:00:00Z",
                "updated_at": "2026-11-19T07:00:00Z",
                "customer": {
                    "id": 7,
                    "email": ANN,
                    "email_marketing_consent": build_marketing_consent("subscribed"),
                },
            },
        ),
        [("email", "granted", ANN_KEY)],
    ),
    "hubspot opt-out names no address": (
        translate_single(
            "hubspot",
            json_delivery(
                [
                    {
                        "portalId": 1,
                        "objectId": 7,
                        "occurredAt": EVENT_EPOCH * 1000,
                        "eventId": 1,
                        "subscriptionType": "contact.propertyChange",
                        "propertyName": "hs_email_optout",
                        "propertyValue": "true",
                    }
                ]
            ),
        ),
        [("email", "denied", "")],
    ),
    "form": (
        translate_single(
            "form",
            form_delivery({"email": ANN, "phone": PHONE, "consent": "on", "consent_sms": "on"}),
        ),
        [("email", "granted", ANN_KEY), ("sms", "granted", PHONE_KEY)],
    ),
    "tracking by user id and address": (
        track({"event": "Unsubscribed", "userId": "u1", "context": {"traits": {"email": ANN}}}),
        [("email", "denied", ANN_KEY)],
    ),
    "tracking by a user id that is another address": (
        track({"event": "Unsubscribed", "userId": WORK, "context": {"traits": {"email": ANN}}}),
        [("email", "denied", ANN_KEY)],
    ),
    "tracking by user id": (
        track({"event": "Email Marked as Spam", "userId": "u1"}),
        [("email", "complained", "")],
    ),
    "brevo": (
        translate_single(
            "brevo",
            json_delivery(
                {
                    "event": "unsubscribed",
                    "email": ANN,
                    "ts_epoch": EVENT_EPOCH * 1000,
                    "message-id": "1",
                }
            ),
        ),
        [("email", "denied", ANN_KEY)],
    ),
    "twilio": (
        translate_single(
            "twilio",
            form_delivery(
                {
                    "SmsStatus": "received",
                    "MessageSid": "SM1",
                    "From": PHONE,
                    "OptOutType": "STOP",
                }
            ),
        ),
        [("sms", "denied", PHONE_KEY)],
    ),
    "whatsapp": (translate_whatsapp_stop(), [("whatsapp", "denied", PHONE_KEY)]),
    "contact list": (
        import_single({"Email": ANN, "Opt in": "yes", "Date": "2026-11-01"}),
        [("email", "granted", ANN_KEY)],
    ),
    "contact list without an address": (
        import_single({"Email": "", "Phone": PHONE, "Opt in": "yes", "Date": "2026-11-01"}),
        [("email", "granted", "")],
    ),
    "gumroad": (
        translate_single(
            "gumroad",
            form_delivery(
                {
                    "sale_id": "s",
                    "sale_timestamp": "2026-11-19T07:00:00Z",
                    "price": "100",
                    "email": ANN,
                    "purchaser_id": "7",
                    "can_contact": "false",
                    "resource_name": "sale",
                }
            ),
        ),
        [("email", "denied", ANN_KEY)],
    ),
    "square": (
        translate_single(
            "square",
            json_delivery(
                {
                    "merchant_id": "m",
                    "type": "customer.updated",
                    "event_id": "e",
                    "created_at": "2026-11-19T07:00:00Z",
                    "data": {
                        "object": {
                            "customer": {
                                "id": "c",
                                "email_address": ANN,
                                "preferences": {"email_unsubscribed": True},
                            }
                        }
                    },
                }
            ),
        ),
        [("email", "denied", ANN_KEY)],
    ),
    "intercom": (
        translate_single(
            "intercom",
            json_delivery(
                {
                    "topic": "contact.unsubscribed",
                    "id": "n",
                    "app_id": "a",
                    "created_at": EVENT_EPOCH,
                    "data": {"item": {"contact": {"id": "7", "email": ANN}}},
                }
            ),
        ),
        [("email", "denied", ANN_KEY)],
    ),
}


@pytest.mark.parametrize("door", DRAFTS_AT_DOORS)
def test_consent_names_its_address(door: str) -> None:
    draft, expected = DRAFTS_AT_DOORS[door]
    event = to_event(draft)
    assert [(item.channel, item.status, item.address) for item in event.consents] == expected
    assert not any(value in encode_event(event).decode() for value in (ANN, WORK, PHONE))


@pytest.mark.parametrize("channel", ["line", "wechat", "telegram"])
def test_messenger_consent_is_about_the_account(channel: str) -> None:
    account = Identifier("customer", "7", f"{channel}/main")
    draft, _ = DRAFTS_AT_DOORS["form"]
    (consent, _) = draft.event.consents
    event = msgspec.structs.replace(
        draft.event, consents=(msgspec.structs.replace(consent, channel=channel),)
    )
    (named,) = name_addresses(Draft(event, (*draft.identifiers, account)), PEPPER)
    assert named.address == subject_key(account, PEPPER)


def test_grant_of_no_address_is_not_kept() -> None:
    draft, _ = DRAFTS_AT_DOORS["contact list without an address"]
    assert list_addresses(read_consents(to_event(draft))) == ()


def test_stale_subscribe_after_an_unsubscribe_changes_nothing() -> None:
    """A provider sends the grant of Monday again, after the unsubscribe of Tuesday was received."""
    states = [("unsubscribed", "2026-11-10T07:00:00Z"), ("subscribed", "2026-11-09T07:00:00Z")]
    events = [
        to_event(
            translate_shopify(
                "customers/update",
                {
                    "id": 7,
                    "email": ANN,
                    "updated_at": f"2026-11-{day}T07:00:00Z",
                    "email_marketing_consent": build_marketing_consent(state, at),
                },
            )
        )
        for day, (state, at) in enumerate(states, 20)
    ]
    consents = combine_consents(map(read_consents, events))
    assert not may_send(consents, "email", "marketing", ANN_KEY, NOW).allowed


def test_unsubscribe_of_one_address_outlives_the_subscribe_of_another() -> None:
    unsubscribed, _ = DRAFTS_AT_DOORS["shopify consent"]
    work = {
        "id": 7,
        "email": WORK,
        "email_marketing_consent": build_marketing_consent("subscribed"),
    }
    events = [to_event(unsubscribed), to_event(translate_shopify("customers/update", work))]
    consents = combine_consents(map(read_consents, events))
    assert may_send(consents, "email", "marketing", WORK_KEY, NOW).allowed
    assert may_send(consents, "email", "marketing", ANN_KEY, NOW).reason == "denied"


@pytest.mark.parametrize("event", ["Unsubscribed", "Email Marked as Spam"])
def test_browser_cannot_unsubscribe_a_customer(event: str) -> None:
    granted, _ = DRAFTS_AT_DOORS["shopify customer"]
    forged = track(
        {
            "event": event,
            "userId": "u1",
            "timestamp": "2099-01-01T00:00:00Z",
            "context": {"traits": {"email": ANN}},
        }
    )
    consents = combine_consents(map(read_consents, map(to_event, (granted, forged))))
    assert may_send(consents, "email", "marketing", ANN_KEY, NOW).allowed
    assert may_send(consents, "email", "transactional", ANN_KEY, NOW).allowed
