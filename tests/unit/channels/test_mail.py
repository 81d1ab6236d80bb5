"""Test all e-mail providers: one event per recipient, and the consent that a complaint or an unsubscribe withdraws."""

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from regulars.channels.contract import PartlyInvalidError, Request
from regulars.channels.drafts.mail import clean_link, clean_message_id, parse_addresses
from regulars.channels.fields.redaction import clean_token
from regulars.channels.mail import (
    brevo,
    mailgun,
    mailjet,
    mandrill,
    postmark,
    resend,
    sendgrid,
)
from regulars.channels.registry import load_channel
from regulars.domain.errors import InvalidEventError, InvalidRequestError
from regulars.domain.events import encode_event
from tests.support.deliveries import (
    EMAIL_ADDRESS,
    EVENT_EPOCH,
    NOW,
    consent_statuses,
    form_delivery,
    identifier_values,
    json_delivery,
    translate_drafts,
    translate_event,
)

ITEM_FIELDS: dict[str, Any] = {
    "email": EMAIL_ADDRESS,
    "recipient": EMAIL_ADDRESS,
    "url": f"https://shop.example.com/sale?utm_source=mail&who={EMAIL_ADDRESS}",
    "ip": "203.0.113.9",
    "subject": "A canary subject",
    "reason": f"550 5.1.1 <{EMAIL_ADDRESS}> does not live here any more, says the canary",
}
CANARIES = (EMAIL_ADDRESS, "zebedee", "203.0.113", "canary")


def build_delivery(channel: str, topic: str, **changes: Any) -> Request:  # noqa: PLR0911 (one per provider)
    """Return a delivery about one e-mail in the shape of the provider."""
    item = ITEM_FIELDS | changes
    match channel:
        case "sendgrid":
            return json_delivery(
                [{"timestamp": EVENT_EPOCH, "sg_event_id": "e1"} | item | {"event": topic}]
            )
        case "mailjet":
            return json_delivery(
                {"time": EVENT_EPOCH, "MessageID": 12, "mj_contact_id": 34}
                | item
                | {"event": topic}
            )
        case "brevo":
            fields = {
                "ts_epoch": EVENT_EPOCH * 1000,
                "message-id": f"<1.2@{EMAIL_ADDRESS}>",
                "link": item["url"],
            }
            return json_delivery(fields | item | {"event": topic})
        case "mandrill":
            fields = {"ts": EVENT_EPOCH, "_id": "m1", "msg": item} | item | {"event": topic}
            return form_delivery({"mandrill_events": json.dumps([fields])})
        case "mailgun":
            event = (
                {"timestamp": EVENT_EPOCH + 0.5, "severity": "permanent"} | item | {"event": topic}
            )
            return json_delivery({"signature": {"token": "t1"}, "event-data": event})
        case "postmark":
            fields = {"Recipient": EMAIL_ADDRESS, "ReceivedAt": "2026-11-20T04:00:00.1234567-05:00"}
            return json_delivery(
                fields | {"OriginalLink": item["url"], "RecordType": topic} | changes
            )
        case _:
            data = {
                "to": [f"Zebedee Canary <{EMAIL_ADDRESS}>"],
                "click": {"link": item["url"]},
            } | changes
            return json_delivery(
                {"type": topic, "created_at": "2026-11-20T09:00:00Z", "data": data}
            )


TOPICS_BY_CHANNEL = {
    "sendgrid": sendgrid.TOPICS,
    "mailjet": {name: type_ for name, type_ in mailjet.TOPICS.items() if name != "sent"},
    "brevo": brevo.TOPICS,
    "mandrill": {name: type_ for name, type_ in mandrill.TOPICS.items() if "/" not in name},
    "mailgun": mailgun.TOPICS,
    "postmark": postmark.TOPICS,
    "resend": resend.TOPICS,
}
ALL_TOPICS = [
    (channel, topic, type_)
    for channel, table in TOPICS_BY_CHANNEL.items()
    for topic, type_ in table.items()
]
MAIL_TOPICS = [row for row in ALL_TOPICS if not row[2].startswith("Customer")]


@pytest.mark.parametrize(("channel", "topic", "type_"), MAIL_TOPICS)
def test_topic_determines_the_type_and_the_event_names_no_person(
    channel: str, topic: str, type_: str
) -> None:
    (draft,) = translate_drafts(channel, build_delivery(channel, topic))
    assert (draft.event.type, draft.event.channel) == (type_, "email")
    assert EMAIL_ADDRESS in identifier_values([draft])[0]
    event_text = encode_event(draft.event).decode().lower()
    assert [canary for canary in CANARIES if canary in event_text] == []


@pytest.mark.parametrize(("channel", "topic", "type_"), MAIL_TOPICS)
def test_consent_is_denied_when_the_topic_is_a_complaint_or_an_unsubscribe(
    channel: str, topic: str, type_: str
) -> None:
    statuses = {
        "Unsubscribed": "denied",
        "Email Marked as Spam": "complained",
        "Subscribed": "granted",
    }
    event = translate_event(channel, build_delivery(channel, topic))
    assert consent_statuses(event) == ([("email", statuses[type_])] if type_ in statuses else [])


def test_mailjet_sent_becomes_a_sent_and_a_delivered_event() -> None:
    sent_draft, delivered_draft = translate_drafts("mailjet", build_delivery("mailjet", "sent"))
    assert (sent_draft.event.type, delivered_draft.event.type) == ("Email Sent", "Email Delivered")
    assert sent_draft.event.id != delivered_draft.event.id
    assert identifier_values([sent_draft]) == identifier_values([delivered_draft])


CLICK_TOPICS = [
    (channel, topic) for channel, topic, type_ in MAIL_TOPICS if type_ == "Email Link Clicked"
]


@pytest.mark.parametrize(("channel", "topic"), CLICK_TOPICS)
def test_link_keeps_the_campaign_and_loses_the_reader(channel: str, topic: str) -> None:
    event = translate_event(channel, build_delivery(channel, topic))
    assert event.properties["link_url"] == "https://shop.example.com/sale?utm_source=mail"


@pytest.mark.parametrize("channel", TOPICS_BY_CHANNEL)
def test_delivery_is_one_event_when_it_is_retried(channel: str) -> None:
    topic = next(iter(TOPICS_BY_CHANNEL[channel]))
    later = msgspec.structs.replace(
        build_delivery(channel, topic), received_at=NOW + timedelta(hours=5)
    )
    assert (
        translate_event(channel, later).id
        == translate_event(channel, build_delivery(channel, topic)).id
    )


@pytest.mark.parametrize("channel", TOPICS_BY_CHANNEL)
def test_unknown_topic_is_rejected(channel: str) -> None:
    with pytest.raises(InvalidEventError) as raised:
        translate_drafts(channel, build_delivery(channel, "surprise"))
    assert raised.value.code == "unknown_topic"


@pytest.mark.parametrize("channel", ["sendgrid", "mailjet", "mandrill", "brevo"])
def test_valid_item_is_translated_when_another_is_invalid(channel: str) -> None:
    topic = next(iter(TOPICS_BY_CHANNEL[channel]))
    valid, invalid = (
        _read_items(channel, build_delivery(channel, name)) for name in (topic, "surprise")
    )
    with pytest.raises(PartlyInvalidError) as raised:
        translate_drafts(channel, _build_batch_delivery(channel, [*invalid, *valid, 7]))
    assert (raised.value.code, identifier_values(list(raised.value.drafts))[0][0]) == (
        "unknown_topic",
        EMAIL_ADDRESS,
    )


def _read_items(channel: str, request: Request) -> list[Any]:
    text = dict(_read_form(request))["mandrill_events"] if channel == "mandrill" else request.body
    body = json.loads(text)
    return body if isinstance(body, list) else [body]


def _read_form(request: Request) -> list[tuple[str, str]]:
    return mandrill._parse_fields(request)


def _build_batch_delivery(channel: str, items: list[Any]) -> Request:
    if channel == "mandrill":
        return form_delivery({"mandrill_events": json.dumps(items)})
    return json_delivery(items)


@pytest.mark.parametrize(
    ("channel", "topic", "changes", "kind"),
    [
        ("sendgrid", "bounce", {"type": "bounce"}, "hard"),
        ("sendgrid", "bounce", {"type": "blocked"}, "block"),
        ("mailjet", "bounce", {"hard_bounce": True}, "hard"),
        ("mailjet", "bounce", {}, "soft"),
        ("mailjet", "blocked", {}, "block"),
        ("brevo", "hard_bounce", {}, "hard"),
        ("brevo", "soft_bounce", {}, "soft"),
        ("mandrill", "soft_bounce", {}, "soft"),
        ("mandrill", "hard_bounce", {}, "hard"),
        ("mailgun", "failed", {}, "hard"),
        ("postmark", "Bounce", {"Type": "HardBounce"}, "hard"),
        ("postmark", "Bounce", {"Type": "Blocked"}, "block"),
        ("postmark", "Bounce", {"Type": "SoftBounce"}, "soft"),
        ("resend", "email.bounced", {"bounce": {"type": "Permanent"}}, "hard"),
        ("resend", "email.bounced", {"bounce": {"type": "Transient"}}, "soft"),
    ],
)
def test_bounce_has_its_kind(channel: str, topic: str, changes: dict[str, Any], kind: str) -> None:
    assert (
        translate_event(channel, build_delivery(channel, topic, **changes)).properties[
            "bounce_type"
        ]
        == kind
    )


@pytest.mark.parametrize(("channel", "topic", "type_"), MAIL_TOPICS)
def test_delivery_is_rejected_when_its_time_is_invalid(
    channel: str, topic: str, type_: str
) -> None:
    names = ("timestamp", "time", "ts", "ts_epoch", "ts_event", "ReceivedAt")
    invalid_times = dict.fromkeys(names, "soon")
    request = build_delivery(channel, topic, **invalid_times)
    if channel == "resend":
        request = json_delivery(
            {"type": topic, "created_at": "soon", "data": {"to": EMAIL_ADDRESS}}
        )
    with pytest.raises(InvalidEventError) as raised:
        translate_drafts(channel, request)
    assert raised.value.code == "invalid_timestamp"


@pytest.mark.parametrize("channel", [*TOPICS_BY_CHANNEL, "ses-sns", "mailchimp"])
@pytest.mark.parametrize("body", [b"", b"\xff", b"{", b"[" * 5000])
def test_delivery_is_rejected_when_its_body_is_malformed(channel: str, body: bytes) -> None:
    request = msgspec.structs.replace(json_delivery({}), body=body)
    with pytest.raises((InvalidRequestError, InvalidEventError)):
        load_channel(channel).translate(request)


@pytest.mark.parametrize(
    ("recipients", "addresses"),
    [
        (f"Zebedee <{EMAIL_ADDRESS}>", [EMAIL_ADDRESS]),
        (
            [f"A <{EMAIL_ADDRESS}>", EMAIL_ADDRESS, "b@example.com"],
            [EMAIL_ADDRESS, "b@example.com"],
        ),
        (f"{EMAIL_ADDRESS}, b@example.com", [EMAIL_ADDRESS, "b@example.com"]),
        (["bad <<x@example.com", EMAIL_ADDRESS], [EMAIL_ADDRESS]),
        (None, []),
        ([7, None], []),
    ],
)
def test_addresses_are_listed_once_and_without_names(
    recipients: object, addresses: list[str]
) -> None:
    assert parse_addresses(recipients) == addresses


def test_message_id_loses_its_host() -> None:
    assert clean_message_id(f"<2026.1.{EMAIL_ADDRESS}>") == "2026.1.zebedee"
    assert clean_message_id(None) == ""


@pytest.mark.parametrize("text", ["x" * 65, EMAIL_ADDRESS, "+44 20 7946 0018", None, ["a"]])
def test_token_is_removed_when_it_is_long_or_personal(text: object) -> None:
    assert (clean_token("5.1.1"), clean_token(text)) == ("5.1.1", "")


def test_link_is_removed_when_its_path_contains_an_address() -> None:
    assert clean_link(f"https://shop.example.com/bye/{EMAIL_ADDRESS}") == ""
