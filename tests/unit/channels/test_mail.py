"""Every provider of mail tells the same things: one event per recipient, and consent taken back where it is."""

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

ITEM: dict[str, Any] = {
    "email": EMAIL_ADDRESS,
    "recipient": EMAIL_ADDRESS,
    "url": f"https://shop.example.com/sale?utm_source=mail&who={EMAIL_ADDRESS}",
    "ip": "203.0.113.9",
    "subject": "A canary subject",
    "reason": f"550 5.1.1 <{EMAIL_ADDRESS}> does not live here any more, says the canary",
}
CANARIES = (EMAIL_ADDRESS, "zebedee", "203.0.113", "canary")


def mail_delivery(channel: str, topic: str, **changes: Any) -> Request:  # noqa: PLR0911 (one per provider)
    """One thing told of one mail, in the provider's own shape."""
    item = ITEM | changes
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
            said = {
                "ts_epoch": EVENT_EPOCH * 1000,
                "message-id": f"<1.2@{EMAIL_ADDRESS}>",
                "link": item["url"],
            }
            return json_delivery(said | item | {"event": topic})
        case "mandrill":
            said = {"ts": EVENT_EPOCH, "_id": "m1", "msg": item} | item | {"event": topic}
            return form_delivery({"mandrill_events": json.dumps([said])})
        case "mailgun":
            event = (
                {"timestamp": EVENT_EPOCH + 0.5, "severity": "permanent"} | item | {"event": topic}
            )
            return json_delivery({"signature": {"token": "t1"}, "event-data": event})
        case "postmark":
            said = {"Recipient": EMAIL_ADDRESS, "ReceivedAt": "2026-11-20T04:00:00.1234567-05:00"}
            return json_delivery(
                said | {"OriginalLink": item["url"], "RecordType": topic} | changes
            )
        case _:
            data = {
                "to": [f"Zebedee Canary <{EMAIL_ADDRESS}>"],
                "click": {"link": item["url"]},
            } | changes
            return json_delivery(
                {"type": topic, "created_at": "2026-11-20T09:00:00Z", "data": data}
            )


TABLES = {
    "sendgrid": sendgrid.TOPICS,
    "mailjet": {name: told for name, told in mailjet.TOPICS.items() if name != "sent"},
    "brevo": brevo.TOPICS,
    "mandrill": {name: told for name, told in mandrill.TOPICS.items() if "/" not in name},
    "mailgun": mailgun.TOPICS,
    "postmark": postmark.TOPICS,
    "resend": resend.TOPICS,
}
TOPIC_CASES = [
    (channel, topic, told) for channel, table in TABLES.items() for topic, told in table.items()
]
MAIL_TOPIC_CASES = [each for each in TOPIC_CASES if not each[2].startswith("Customer")]


@pytest.mark.parametrize(("channel", "topic", "type_"), MAIL_TOPIC_CASES)
def test_topic_names_the_event_and_the_person_is_beside_it(
    channel: str, topic: str, type_: str
) -> None:
    (draft,) = translate_drafts(channel, mail_delivery(channel, topic))
    assert (draft.event.type, draft.event.channel) == (type_, "email")
    assert EMAIL_ADDRESS in identifier_values([draft])[0]
    said = encode_event(draft.event).decode().lower()
    assert [canary for canary in CANARIES if canary in said] == []


@pytest.mark.parametrize(("channel", "topic", "type_"), MAIL_TOPIC_CASES)
def test_consent_is_taken_back_by_a_complaint_or_an_unsubscribe(
    channel: str, topic: str, type_: str
) -> None:
    wanted = {"Unsubscribed": "denied", "Email Marked as Spam": "denied", "Subscribed": "granted"}
    event = translate_event(channel, mail_delivery(channel, topic))
    assert consent_statuses(event) == ([("email", wanted[type_])] if type_ in wanted else [])


def test_mailjet_says_by_one_word_that_a_mail_left_and_arrived() -> None:
    left, arrived = translate_drafts("mailjet", mail_delivery("mailjet", "sent"))
    assert (left.event.type, arrived.event.type) == ("Email Sent", "Email Delivered")
    assert left.event.id != arrived.event.id
    assert identifier_values([left]) == identifier_values([arrived])


CLICKS = [
    (channel, topic) for channel, topic, type_ in MAIL_TOPIC_CASES if type_ == "Email Link Clicked"
]


@pytest.mark.parametrize(("channel", "topic"), CLICKS)
def test_link_keeps_its_campaign_and_not_its_reader(channel: str, topic: str) -> None:
    event = translate_event(channel, mail_delivery(channel, topic))
    assert event.properties["link_url"] == "https://shop.example.com/sale?utm_source=mail"


@pytest.mark.parametrize("channel", TABLES)
def test_same_delivery_is_the_same_event(channel: str) -> None:
    topic = next(iter(TABLES[channel]))
    later = msgspec.structs.replace(
        mail_delivery(channel, topic), received_at=NOW + timedelta(hours=5)
    )
    assert (
        translate_event(channel, later).id
        == translate_event(channel, mail_delivery(channel, topic)).id
    )


@pytest.mark.parametrize("channel", TABLES)
def test_unknown_topic_is_set_aside(channel: str) -> None:
    with pytest.raises(InvalidEventError) as refused:
        translate_drafts(channel, mail_delivery(channel, "surprise"))
    assert refused.value.code == "unknown_topic"


@pytest.mark.parametrize("channel", ["sendgrid", "mailjet", "mandrill", "brevo"])
def test_bad_item_keeps_no_other_back(channel: str) -> None:
    topic = next(iter(TABLES[channel]))
    good, bad = (_items(channel, mail_delivery(channel, name)) for name in (topic, "surprise"))
    with pytest.raises(PartlyInvalidError) as refused:
        translate_drafts(channel, _batch(channel, [*bad, *good, 7]))
    assert (refused.value.code, identifier_values(list(refused.value.drafts))[0][0]) == (
        "unknown_topic",
        EMAIL_ADDRESS,
    )


def _items(channel: str, request: Request) -> list[Any]:
    text = dict(_form(request))["mandrill_events"] if channel == "mandrill" else request.body
    told = json.loads(text)
    return told if isinstance(told, list) else [told]


def _form(request: Request) -> list[tuple[str, str]]:
    return mandrill._parse_fields(request)


def _batch(channel: str, items: list[Any]) -> Request:
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
def test_bounce_says_its_kind(channel: str, topic: str, changes: dict[str, Any], kind: str) -> None:
    assert (
        translate_event(channel, mail_delivery(channel, topic, **changes)).properties["bounce_type"]
        == kind
    )


@pytest.mark.parametrize(("channel", "topic", "type_"), MAIL_TOPIC_CASES)
def test_time_that_is_none_is_refused(channel: str, topic: str, type_: str) -> None:
    names = ("timestamp", "time", "ts", "ts_epoch", "ts_event", "ReceivedAt")
    wrong = dict.fromkeys(names, "soon")
    request = mail_delivery(channel, topic, **wrong)
    if channel == "resend":
        request = json_delivery(
            {"type": topic, "created_at": "soon", "data": {"to": EMAIL_ADDRESS}}
        )
    with pytest.raises(InvalidEventError) as refused:
        translate_drafts(channel, request)
    assert refused.value.code == "invalid_timestamp"


@pytest.mark.parametrize("channel", [*TABLES, "ses-sns", "mailchimp"])
@pytest.mark.parametrize("body", [b"", b"\xff", b"{", b"[" * 5000])
def test_body_that_cannot_be_read_is_refused(channel: str, body: bytes) -> None:
    request = msgspec.structs.replace(json_delivery({}), body=body)
    with pytest.raises((InvalidRequestError, InvalidEventError)):
        load_channel(channel).translate(request)


@pytest.mark.parametrize(
    ("told", "found"),
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
def test_addresses_are_bare_and_each_once(told: object, found: list[str]) -> None:
    assert parse_addresses(told) == found


def test_message_id_does_not_look_like_an_address() -> None:
    assert clean_message_id(f"<2026.1.{EMAIL_ADDRESS}>") == "2026.1.zebedee"
    assert clean_message_id(None) == ""


@pytest.mark.parametrize("told", ["x" * 65, EMAIL_ADDRESS, "+44 20 7946 0018", None, ["a"]])
def test_word_is_short_and_nobody_s(told: object) -> None:
    assert (clean_token("5.1.1"), clean_token(told)) == ("5.1.1", "")


def test_link_with_an_address_in_its_path_is_not_kept() -> None:
    assert clean_link(f"https://shop.example.com/bye/{EMAIL_ADDRESS}") == ""
