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
    ADDRESS,
    AT,
    NOW,
    consents,
    drafts,
    of_form,
    of_json,
    only,
    people,
)

ITEM: dict[str, Any] = {
    "email": ADDRESS,
    "recipient": ADDRESS,
    "url": f"https://shop.example.com/sale?utm_source=mail&who={ADDRESS}",
    "ip": "203.0.113.9",
    "subject": "A canary subject",
    "reason": f"550 5.1.1 <{ADDRESS}> does not live here any more, says the canary",
}
CANARIES = (ADDRESS, "zebedee", "203.0.113", "canary")


def sent(channel: str, topic: str, **changes: Any) -> Request:  # noqa: PLR0911 (one per provider)
    """One thing told of one mail, in the provider's own shape."""
    item = ITEM | changes
    match channel:
        case "sendgrid":
            return of_json([{"timestamp": AT, "sg_event_id": "e1"} | item | {"event": topic}])
        case "mailjet":
            return of_json(
                {"time": AT, "MessageID": 12, "mj_contact_id": 34} | item | {"event": topic}
            )
        case "brevo":
            said = {"ts_epoch": AT * 1000, "message-id": f"<1.2@{ADDRESS}>", "link": item["url"]}
            return of_json(said | item | {"event": topic})
        case "mandrill":
            said = {"ts": AT, "_id": "m1", "msg": item} | item | {"event": topic}
            return of_form({"mandrill_events": json.dumps([said])})
        case "mailgun":
            event = {"timestamp": AT + 0.5, "severity": "permanent"} | item | {"event": topic}
            return of_json({"signature": {"token": "t1"}, "event-data": event})
        case "postmark":
            said = {"Recipient": ADDRESS, "ReceivedAt": "2026-11-20T04:00:00.1234567-05:00"}
            return of_json(said | {"OriginalLink": item["url"], "RecordType": topic} | changes)
        case _:
            data = {"to": [f"Zebedee Canary <{ADDRESS}>"], "click": {"link": item["url"]}} | changes
            return of_json({"type": topic, "created_at": "2026-11-20T09:00:00Z", "data": data})


TABLES = {
    "sendgrid": sendgrid.TOPICS,
    "mailjet": {name: told for name, told in mailjet.TOPICS.items() if name != "sent"},
    "brevo": brevo.TOPICS,
    "mandrill": {name: told for name, told in mandrill.TOPICS.items() if "/" not in name},
    "mailgun": mailgun.TOPICS,
    "postmark": postmark.TOPICS,
    "resend": resend.TOPICS,
}
EVERY = [
    (channel, topic, told) for channel, table in TABLES.items() for topic, told in table.items()
]
EVERY_MAIL = [each for each in EVERY if not each[2].startswith("Customer")]


@pytest.mark.parametrize(("channel", "topic", "type_"), EVERY_MAIL)
def test_topic_names_the_event_and_the_person_is_beside_it(
    channel: str, topic: str, type_: str
) -> None:
    (draft,) = drafts(channel, sent(channel, topic))
    assert (draft.event.type, draft.event.channel) == (type_, "email")
    assert ADDRESS in people([draft])[0]
    said = encode_event(draft.event).decode().lower()
    assert [canary for canary in CANARIES if canary in said] == []


@pytest.mark.parametrize(("channel", "topic", "type_"), EVERY_MAIL)
def test_consent_is_taken_back_by_a_complaint_or_an_unsubscribe(
    channel: str, topic: str, type_: str
) -> None:
    wanted = {"Unsubscribed": "denied", "Email Marked as Spam": "denied", "Subscribed": "granted"}
    event = only(channel, sent(channel, topic))
    assert consents(event) == ([("email", wanted[type_])] if type_ in wanted else [])


def test_mailjet_says_by_one_word_that_a_mail_left_and_arrived() -> None:
    left, arrived = drafts("mailjet", sent("mailjet", "sent"))
    assert (left.event.type, arrived.event.type) == ("Email Sent", "Email Delivered")
    assert left.event.id != arrived.event.id
    assert people([left]) == people([arrived])


CLICKS = [(channel, topic) for channel, topic, type_ in EVERY_MAIL if type_ == "Email Link Clicked"]


@pytest.mark.parametrize(("channel", "topic"), CLICKS)
def test_link_keeps_its_campaign_and_not_its_reader(channel: str, topic: str) -> None:
    event = only(channel, sent(channel, topic))
    assert event.properties["link_url"] == "https://shop.example.com/sale?utm_source=mail"


@pytest.mark.parametrize("channel", TABLES)
def test_same_delivery_is_the_same_event(channel: str) -> None:
    topic = next(iter(TABLES[channel]))
    later = msgspec.structs.replace(sent(channel, topic), received_at=NOW + timedelta(hours=5))
    assert only(channel, later).id == only(channel, sent(channel, topic)).id


@pytest.mark.parametrize("channel", TABLES)
def test_unknown_topic_is_set_aside(channel: str) -> None:
    with pytest.raises(InvalidEventError) as refused:
        drafts(channel, sent(channel, "surprise"))
    assert refused.value.code == "unknown_topic"


@pytest.mark.parametrize("channel", ["sendgrid", "mailjet", "mandrill", "brevo"])
def test_bad_item_keeps_no_other_back(channel: str) -> None:
    topic = next(iter(TABLES[channel]))
    good, bad = (_items(channel, sent(channel, name)) for name in (topic, "surprise"))
    with pytest.raises(PartlyInvalidError) as refused:
        drafts(channel, _batch(channel, [*bad, *good, 7]))
    assert (refused.value.code, people(list(refused.value.drafts))[0][0]) == (
        "unknown_topic",
        ADDRESS,
    )


def _items(channel: str, request: Request) -> list[Any]:
    text = dict(_form(request))["mandrill_events"] if channel == "mandrill" else request.body
    told = json.loads(text)
    return told if isinstance(told, list) else [told]


def _form(request: Request) -> list[tuple[str, str]]:
    return mandrill._parse_fields(request)


def _batch(channel: str, items: list[Any]) -> Request:
    if channel == "mandrill":
        return of_form({"mandrill_events": json.dumps(items)})
    return of_json(items)


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
    assert only(channel, sent(channel, topic, **changes)).properties["bounce_type"] == kind


@pytest.mark.parametrize(("channel", "topic", "type_"), EVERY_MAIL)
def test_time_that_is_none_is_refused(channel: str, topic: str, type_: str) -> None:
    names = ("timestamp", "time", "ts", "ts_epoch", "ts_event", "ReceivedAt")
    wrong = dict.fromkeys(names, "soon")
    request = sent(channel, topic, **wrong)
    if channel == "resend":
        request = of_json({"type": topic, "created_at": "soon", "data": {"to": ADDRESS}})
    with pytest.raises(InvalidEventError) as refused:
        drafts(channel, request)
    assert refused.value.code == "invalid_timestamp"


@pytest.mark.parametrize("channel", [*TABLES, "ses-sns", "mailchimp"])
@pytest.mark.parametrize("body", [b"", b"\xff", b"{", b"[" * 5000])
def test_body_that_cannot_be_read_is_refused(channel: str, body: bytes) -> None:
    request = msgspec.structs.replace(of_json({}), body=body)
    with pytest.raises((InvalidRequestError, InvalidEventError)):
        load_channel(channel).translate(request)


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (f"Zebedee <{ADDRESS}>", [ADDRESS]),
        ([f"A <{ADDRESS}>", ADDRESS, "b@example.com"], [ADDRESS, "b@example.com"]),
        (f"{ADDRESS}, b@example.com", [ADDRESS, "b@example.com"]),
        (["bad <<x@example.com", ADDRESS], [ADDRESS]),
        (None, []),
        ([7, None], []),
    ],
)
def test_addresses_are_bare_and_each_once(told: object, found: list[str]) -> None:
    assert parse_addresses(told) == found


def test_message_id_does_not_look_like_an_address() -> None:
    assert clean_message_id(f"<2026.1.{ADDRESS}>") == "2026.1.zebedee"
    assert clean_message_id(None) == ""


@pytest.mark.parametrize("told", ["x" * 65, ADDRESS, "+44 20 7946 0018", None, ["a"]])
def test_word_is_short_and_nobody_s(told: object) -> None:
    assert (clean_token("5.1.1"), clean_token(told)) == ("5.1.1", "")


def test_link_with_an_address_in_its_path_is_not_kept() -> None:
    assert clean_link(f"https://shop.example.com/bye/{ADDRESS}") == ""
