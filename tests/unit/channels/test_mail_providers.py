"""What is peculiar to one provider of mail: how it proves itself, and what it means by what it says."""

import base64
import hmac
import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from regulars.channels.contract import Channel, Request
from regulars.channels.mail import brevo, mailgun, mandrill, postmark, resend, sendgrid
from regulars.channels.mail.mailchimp import webhook as mailchimp
from regulars.domain.errors import InvalidEventError, SignatureError
from tests.support.deliveries import (
    EMAIL_ADDRESS,
    EVENT_EPOCH,
    NOW,
    build_sample_delivery,
    consent_statuses,
    form_delivery,
    identifier_values,
    json_delivery,
    translate_drafts,
    translate_event,
)

KEY = "key-of-our-own"
URL = "https://hooks.example.com/hooks/mandrill/main"


def refusal(channel: Channel, request: Request, *secrets: str) -> str:
    with pytest.raises(SignatureError) as refused:
        channel.verify(request, secrets or (KEY,), NOW)
    return str(refused.value.reason)


# SendGrid


def sendgrid_signed(body: bytes = b"[]\r\n", seconds: int = 0) -> tuple[Request, str]:
    private = ec.derive_private_key(7, ec.SECP256R1())
    timestamp = str(EVENT_EPOCH - seconds)
    signature = private.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    headers = {
        "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
        "x-twilio-email-event-webhook-timestamp": timestamp,
    }
    der = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Request(source="main", body=body, received_at=NOW, headers=headers), base64.b64encode(
        der
    ).decode()


@pytest.mark.parametrize("seconds", [0, 86_400])
def test_sendgrid_is_believed_for_as_long_as_it_repeats(seconds: int) -> None:
    request, key = sendgrid_signed(seconds=seconds)
    sendgrid.verify_delivery(request, ("no key", key), NOW)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("signature", "", "missing"),
        ("timestamp", "", "missing"),
        ("timestamp", "1", "signature"),
        ("signature", "AAAA", "malformed"),
        ("signature", "!", "malformed"),
        ("signature", "MAA=", "signature"),
    ],
)
def test_sendgrid_damaged_header_is_refused(name: str, value: str, reason: str) -> None:
    request, key = sendgrid_signed()
    changed = {f"x-twilio-email-event-webhook-{name}": value}
    damaged = msgspec.structs.replace(request, headers=request.headers | changed)
    assert refusal(sendgrid.CHANNEL, damaged, key) == reason


def test_sendgrid_line_break_at_the_end_is_signed() -> None:
    request, key = sendgrid_signed()
    assert (
        refusal(sendgrid.CHANNEL, msgspec.structs.replace(request, body=b"[]"), key) == "signature"
    )


def test_sendgrid_open_by_a_program_is_marked() -> None:
    item = {
        "event": "open",
        "timestamp": EVENT_EPOCH,
        "email": EMAIL_ADDRESS,
        "sg_machine_open": True,
    }
    assert translate_event("sendgrid", json_delivery([item])).properties["machine_open"] is True


# Mailgun


def mailgun_signed(token: str = "a1", seconds: int = 0, **event: Any) -> Request:  # noqa: S107
    timestamp = str(int(NOW.timestamp()) - seconds)
    signature = hmac.digest(KEY.encode(), f"{timestamp}{token}".encode(), "sha256").hex()
    signed = {"timestamp": timestamp, "token": token, "signature": signature}
    said = {"event": "delivered", "timestamp": EVENT_EPOCH, "recipient": EMAIL_ADDRESS} | event
    return json_delivery({"signature": signed, "event-data": said})


@pytest.mark.parametrize("seconds", [0, 8 * 3600, 12 * 3600, -300])
def test_mailgun_is_believed_for_as_long_as_it_repeats(seconds: int) -> None:
    mailgun.verify_delivery(mailgun_signed(seconds=seconds), ("other", KEY), NOW)


@pytest.mark.parametrize("seconds", [12 * 3600 + 1, -301])
def test_mailgun_signature_of_another_day_is_refused(seconds: int) -> None:
    assert refusal(mailgun.CHANNEL, mailgun_signed(seconds=seconds)) == "timestamp"


def test_mailgun_end_of_the_time_cannot_be_made_from_the_token() -> None:
    body = json.loads(mailgun_signed("e0a1").body)
    body["signature"] |= {"timestamp": body["signature"]["timestamp"] + "e0", "token": "a1"}
    assert refusal(mailgun.CHANNEL, json_delivery(body)) == "malformed"


@pytest.mark.parametrize(
    "body", [{}, {"signature": {}}, {"signature": {"timestamp": EVENT_EPOCH}}, []]
)
def test_mailgun_without_a_signature_is_refused(body: object) -> None:
    assert refusal(mailgun.CHANNEL, json_delivery(body)) == "missing"


def test_mailgun_token_makes_one_event_whatever_comes_with_it() -> None:
    genuine, forged = mailgun_signed(id="1"), mailgun_signed(id="2", recipient="other@example.com")
    assert translate_event("mailgun", genuine).id == translate_event("mailgun", forged).id
    assert (
        translate_event("mailgun", genuine).id
        != translate_event("mailgun", mailgun_signed("a2", id="1")).id
    )


def test_mailgun_older_form_is_understood() -> None:
    signed = json.loads(mailgun_signed().body)["signature"]
    request = form_delivery(
        signed | {"event": "dropped", "recipient": EMAIL_ADDRESS, "code": "605"}
    )
    mailgun.verify_delivery(request, (KEY,), NOW)
    assert identifier_values(translate_drafts("mailgun", request)) == [(EMAIL_ADDRESS,)]
    assert translate_event("mailgun", request).type == "Email Dropped"


def test_mailgun_passing_failure_is_no_bounce() -> None:
    request = mailgun_signed(event="failed", severity="temporary")
    assert translate_event("mailgun", request).type == "Email Deferred"


def test_mailgun_sample_counts_nowhere() -> None:
    request = mailgun.build_sample(json_delivery({}), KEY)
    mailgun.verify_delivery(request, (KEY,), NOW)
    assert translate_event("mailgun", request).test


# Mandrill


def mandrill_signed(fields: dict[str, str], key: str = KEY, url: str = URL) -> Request:
    message = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    signature = base64.b64encode(hmac.digest(key.encode(), message.encode(), "sha1")).decode()
    return form_delivery(fields, URL, x_mandrill_signature=signature)


def test_mandrill_signs_the_url_and_every_field() -> None:
    request = mandrill_signed({"mandrill_events": '[{"event":"open"}]', "b": "é", "a": ""})
    mandrill.verify_delivery(request, ("other", KEY), NOW)
    assert mandrill.answer_handshake(request, (KEY,), NOW) is None


def test_mandrill_signature_for_another_url_is_refused() -> None:
    assert refusal(mandrill.CHANNEL, mandrill_signed({"a": "b"}, url=URL + "2")) == "signature"


@pytest.mark.parametrize("key", [KEY, mandrill.PROBE_KEY])
def test_mandrill_empty_delivery_is_answered(key: str) -> None:
    assert (
        mandrill.answer_handshake(mandrill_signed({"mandrill_events": "[]"}, key), (KEY,), NOW)
        is not None
    )


def test_mandrill_probe_key_opens_nothing_else() -> None:
    request = mandrill_signed({"mandrill_events": '[{"event":"spam"}]'}, mandrill.PROBE_KEY)
    assert refusal(mandrill.CHANNEL, request) == "signature"


def test_mandrill_empty_delivery_of_nobody_is_refused() -> None:
    with pytest.raises(SignatureError):
        mandrill.answer_handshake(mandrill_signed({"mandrill_events": "[]"}, "guess"), (KEY,), NOW)


@pytest.mark.parametrize(
    ("reason", "wanted"), [("unsub", [("email", "denied")]), ("hard-bounce", [])]
)
def test_mandrill_rejection_list_is_consent_unless_it_bounced(
    reason: str, wanted: list[tuple[str, str]]
) -> None:
    item = {
        "type": "blacklist",
        "action": "add",
        "reject": {"email": EMAIL_ADDRESS, "reason": reason},
    }
    event = translate_event("mandrill", form_delivery({"mandrill_events": json.dumps([item])}))
    assert (event.type, consent_statuses(event)) == ("Unsubscribed", wanted)


# Postmark


def test_postmark_inbound_mail_is_a_message_without_its_words() -> None:
    body = {
        "FromFull": {"Email": EMAIL_ADDRESS, "Name": "Zebedee"},
        "Subject": "A canary subject",
        "TextBody": "canary text",
        "Attachments": [{"Content": "canary"}],
        "MessageID": "m1",
        "Date": "Fri, 20 Nov 2026 04:00:00 -05:00",
    }
    (draft,) = translate_drafts("postmark", json_delivery(body))
    assert (draft.event.type, draft.event.occurred_at) == (
        "Message Received",
        "2026-11-20T09:00:00.000Z",
    )
    assert draft.event.properties == {"message_id": "m1", "length": 11, "attachments": 1}
    assert draft.contact == {"email": EMAIL_ADDRESS, "name": "Zebedee"}


@pytest.mark.parametrize("date", [None, "soon", "Fri, 20 Nov 2026 04:00:00", 7])
def test_postmark_inbound_mail_without_a_date_came_now(date: object) -> None:
    event = translate_event("postmark", json_delivery({"FromFull": {}, "Date": date}))
    assert event.occurred_at == "2026-11-20T09:00:10.000Z"


@pytest.mark.parametrize(
    ("changes", "type_", "wanted"),
    [
        (
            {"SuppressSending": True, "SuppressionReason": "ManualSuppression"},
            "Unsubscribed",
            "denied",
        ),
        ({"SuppressSending": True, "SuppressionReason": "HardBounce"}, "Email Bounced", ""),
        ({"SuppressSending": False, "Origin": "Recipient"}, "Subscribed", "granted"),
        ({"SuppressSending": False, "Origin": "Admin"}, "Subscribed", ""),
    ],
)
def test_postmark_subscription_is_the_recipient_s_own_will(
    changes: dict[str, Any], type_: str, wanted: str
) -> None:
    said = {"RecordType": "SubscriptionChange", "ChangedAt": "2026-11-20T09:00:00Z"}
    event = translate_event(
        "postmark", json_delivery(said | {"Recipient": EMAIL_ADDRESS} | changes)
    )
    assert (event.type, consent_statuses(event)) == (type_, [("email", wanted)] if wanted else [])


@pytest.mark.parametrize(("kind", "type_"), postmark.BOUNCE_TYPES.items())
def test_postmark_bounce_that_is_none_is_called_by_its_name(kind: str, type_: str) -> None:
    said = {"RecordType": "Bounce", "Type": kind, "BouncedAt": "2026-11-20T09:00:00Z"}
    assert translate_event("postmark", json_delivery(said | {"Email": EMAIL_ADDRESS})).type == type_


# Resend


def resend_sent(topic: str, data: dict[str, Any], message_id: str = "msg_1") -> Request:
    said = {"type": topic, "created_at": "2026-11-20T09:00:00Z", "data": data}
    return json_delivery(said, svix_id=message_id)


def test_resend_mail_to_several_is_an_event_for_each() -> None:
    told = translate_drafts(
        "resend", resend_sent("email.delivered", {"to": [EMAIL_ADDRESS, "b@example.com"]})
    )
    assert identifier_values(told) == [(EMAIL_ADDRESS,), ("b@example.com",)]
    assert len({draft.event.id for draft in told}) == 2


def test_resend_click_by_one_of_several_names_nobody() -> None:
    told = translate_drafts(
        "resend", resend_sent("email.clicked", {"to": [EMAIL_ADDRESS, "b@example.com"]})
    )
    assert identifier_values(told) == [()]


@pytest.mark.parametrize(("unsubscribed", "wanted"), [(True, [("email", "denied")]), (False, [])])
def test_resend_contact_takes_consent_back_and_never_gives_it(
    unsubscribed: bool, wanted: list[tuple[str, str]]
) -> None:
    data = {
        "id": "c1",
        "email": EMAIL_ADDRESS,
        "first_name": "Zebedee",
        "unsubscribed": unsubscribed,
    }
    (draft,) = translate_drafts("resend", resend_sent("contact.updated", data))
    assert (draft.event.type, consent_statuses(draft.event)) == ("Customer Updated", wanted)
    assert draft.identifiers[1].scope == "resend/main"
    assert draft.contact["first_name"] == "Zebedee"


def test_resend_is_known_by_the_signed_id() -> None:
    one, other = (
        resend_sent("email.sent", {"to": EMAIL_ADDRESS}, each) for each in ("msg_1", "msg_2")
    )
    assert translate_event("resend", one).id != translate_event("resend", other).id


# Mailchimp


def mailchimp_sent(topic: str, **changes: str) -> Request:
    said = {
        "email": EMAIL_ADDRESS,
        "list_id": "l1",
        "id": "m1",
        "merges][FNAME": "Zebedee",
    } | changes
    fields = {f"data[{name}]": value for name, value in said.items()}
    return form_delivery({"type": topic, "fired_at": "2026-11-20 09:00:00"} | fields)


@pytest.mark.parametrize(
    ("topic", "reason", "type_", "wanted"),
    [
        ("subscribe", "", "Subscribed", "granted"),
        ("unsubscribe", "manual", "Unsubscribed", "denied"),
        ("unsubscribe", "abuse", "Email Marked as Spam", "denied"),
        ("cleaned", "hard", "Email Bounced", ""),
        ("cleaned", "abuse", "Email Marked as Spam", "denied"),
        ("profile", "", "Customer Updated", ""),
        ("campaign", "", "Campaign Sent", ""),
    ],
)
def test_mailchimp_topic_is_an_event_and_a_consent(
    topic: str, reason: str, type_: str, wanted: str
) -> None:
    event = translate_event("mailchimp", mailchimp_sent(topic, reason=reason))
    assert (event.type, consent_statuses(event)) == (type_, [("email", wanted)] if wanted else [])
    assert event.occurred_at == "2026-11-20T09:00:00.000Z"


def test_mailchimp_old_and_new_address_are_one_person() -> None:
    request = mailchimp_sent(
        "upemail", email="", new_email=EMAIL_ADDRESS, old_email="old@example.com"
    )
    (draft,) = translate_drafts("mailchimp", request)
    assert identifier_values([draft]) == [(EMAIL_ADDRESS, "old@example.com", "m1")]
    assert draft.contact["email"] == EMAIL_ADDRESS


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_mailchimp_probe_is_answered_for_the_token(method: str) -> None:
    probe = Request(source="main", body=b"", received_at=NOW, query={"token": KEY}, method=method)
    assert mailchimp.answer_handshake(probe, (KEY,), NOW) is not None
    with pytest.raises(SignatureError):
        mailchimp.answer_handshake(msgspec.structs.replace(probe, query={}), (KEY,), NOW)


def test_mailchimp_delivery_is_no_probe() -> None:
    assert mailchimp.answer_handshake(mailchimp_sent("subscribe"), (KEY,), NOW) is None


# Brevo


def test_brevo_first_opening_told_twice_is_one_event() -> None:
    said = {
        "email": EMAIL_ADDRESS,
        "ts_epoch": EVENT_EPOCH * 1000,
        "message-id": "<1@brevo.example>",
    }
    ids = {
        translate_event("brevo", json_delivery(said | {"event": topic})).id
        for topic in ("opened", "unique_opened")
    }
    assert len(ids) == 1


@pytest.mark.parametrize(
    "said",
    [{"ts_event": EVENT_EPOCH}, {"ts": EVENT_EPOCH}, {"ts_epoch": EVENT_EPOCH * 1000, "ts": 1}],
)
def test_brevo_time_is_the_one_in_utc(said: dict[str, int]) -> None:
    event = translate_event(
        "brevo", json_delivery(said | {"event": "delivered", "email": EMAIL_ADDRESS})
    )
    assert event.occurred_at == "2026-11-20T09:00:00.000Z"


@pytest.mark.parametrize(
    "channel",
    [brevo.CHANNEL, mailchimp.CHANNEL, postmark.CHANNEL],
    ids=lambda channel: channel.name,
)
def test_sample_is_believed_and_set_aside(channel: Channel) -> None:
    request = build_sample_delivery(channel, json_delivery({}), KEY)
    channel.verify(request, (KEY,), NOW)
    with pytest.raises(InvalidEventError) as refused:
        channel.translate(request)
    assert refused.value.code == "unknown_topic"


def test_signed_sample_is_believed() -> None:
    secret = "whsec_" + base64.b64encode(KEY.encode()).decode()
    resend.verify_delivery(
        resend.build_sample(json_delivery({}), secret), (secret,), NOW + timedelta(seconds=1)
    )
    blank = msgspec.structs.replace(json_delivery({}), url=URL)
    mandrill.verify_delivery(mandrill.build_sample(blank, KEY), (KEY,), NOW)
