"""Test what is specific to one e-mail provider: its signature and the meaning of its events."""

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

KEY = "live-key"
URL = "https://hooks.example.com/hooks/mandrill/main"


def refusal_reason(channel: Channel, request: Request, *secrets: str) -> str:
    with pytest.raises(SignatureError) as raised:
        channel.verify(request, secrets or (KEY,), NOW)
    return str(raised.value.reason)


# SendGrid


def sign_sendgrid_delivery(body: bytes = b"[]\r\n", seconds: int = 0) -> tuple[Request, str]:
    private_key = ec.derive_private_key(7, ec.SECP256R1())
    timestamp = str(EVENT_EPOCH - seconds)
    signature = private_key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    headers = {
        "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
        "x-twilio-email-event-webhook-timestamp": timestamp,
    }
    der = private_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Request(source="main", body=body, received_at=NOW, headers=headers), base64.b64encode(
        der
    ).decode()


@pytest.mark.parametrize("seconds", [0, 86_400])
def test_sendgrid_delivery_is_verified_within_the_retry_period(seconds: int) -> None:
    request, key = sign_sendgrid_delivery(seconds=seconds)
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
def test_sendgrid_delivery_is_rejected_when_a_header_is_damaged(
    name: str, value: str, reason: str
) -> None:
    request, key = sign_sendgrid_delivery()
    header = {f"x-twilio-email-event-webhook-{name}": value}
    damaged = msgspec.structs.replace(request, headers=request.headers | header)
    assert refusal_reason(sendgrid.CHANNEL, damaged, key) == reason


def test_sendgrid_signature_covers_the_final_line_break() -> None:
    request, key = sign_sendgrid_delivery()
    assert (
        refusal_reason(sendgrid.CHANNEL, msgspec.structs.replace(request, body=b"[]"), key)
        == "signature"
    )


def test_sendgrid_open_is_marked_when_a_mail_program_opened() -> None:
    item = {
        "event": "open",
        "timestamp": EVENT_EPOCH,
        "email": EMAIL_ADDRESS,
        "sg_machine_open": True,
    }
    assert translate_event("sendgrid", json_delivery([item])).properties["machine_open"] is True


# Mailgun


def sign_mailgun_delivery(token: str = "a1", seconds: int = 0, **event: Any) -> Request:  # noqa: S107
    timestamp = str(int(NOW.timestamp()) - seconds)
    signature = hmac.digest(KEY.encode(), f"{timestamp}{token}".encode(), "sha256").hex()
    signature_fields = {"timestamp": timestamp, "token": token, "signature": signature}
    event_data = {
        "event": "delivered",
        "timestamp": EVENT_EPOCH,
        "recipient": EMAIL_ADDRESS,
    } | event
    return json_delivery({"signature": signature_fields, "event-data": event_data})


@pytest.mark.parametrize("seconds", [0, 8 * 3600, 12 * 3600, -300])
def test_mailgun_delivery_is_verified_within_the_retry_period(seconds: int) -> None:
    mailgun.verify_delivery(sign_mailgun_delivery(seconds=seconds), ("other", KEY), NOW)


@pytest.mark.parametrize("seconds", [12 * 3600 + 1, -301])
def test_mailgun_delivery_is_rejected_when_its_signature_is_old_or_early(seconds: int) -> None:
    assert refusal_reason(mailgun.CHANNEL, sign_mailgun_delivery(seconds=seconds)) == "timestamp"


def test_mailgun_delivery_is_rejected_when_token_characters_move_to_the_time() -> None:
    body = json.loads(sign_mailgun_delivery("e0a1").body)
    body["signature"] |= {"timestamp": body["signature"]["timestamp"] + "e0", "token": "a1"}
    assert refusal_reason(mailgun.CHANNEL, json_delivery(body)) == "malformed"


@pytest.mark.parametrize(
    "body", [{}, {"signature": {}}, {"signature": {"timestamp": EVENT_EPOCH}}, []]
)
def test_mailgun_delivery_is_rejected_without_a_signature(body: object) -> None:
    assert refusal_reason(mailgun.CHANNEL, json_delivery(body)) == "missing"


def test_mailgun_event_id_depends_only_on_the_token() -> None:
    genuine, forged = (
        sign_mailgun_delivery(id="1"),
        sign_mailgun_delivery(id="2", recipient="other@example.com"),
    )
    assert translate_event("mailgun", genuine).id == translate_event("mailgun", forged).id
    assert (
        translate_event("mailgun", genuine).id
        != translate_event("mailgun", sign_mailgun_delivery("a2", id="1")).id
    )


def test_mailgun_form_body_is_translated() -> None:
    signed = json.loads(sign_mailgun_delivery().body)["signature"]
    request = form_delivery(
        signed | {"event": "dropped", "recipient": EMAIL_ADDRESS, "code": "605"}
    )
    mailgun.verify_delivery(request, (KEY,), NOW)
    assert identifier_values(translate_drafts("mailgun", request)) == [(EMAIL_ADDRESS,)]
    assert translate_event("mailgun", request).type == "Email Dropped"


def test_mailgun_temporary_failure_is_deferred() -> None:
    request = sign_mailgun_delivery(event="failed", severity="temporary")
    assert translate_event("mailgun", request).type == "Email Deferred"


def test_mailgun_sample_is_verified_and_marked_as_test() -> None:
    request = mailgun.build_sample(json_delivery({}), KEY)
    mailgun.verify_delivery(request, (KEY,), NOW)
    assert translate_event("mailgun", request).test


# Mandrill


def sign_mandrill_form(fields: dict[str, str], key: str = KEY, url: str = URL) -> Request:
    message = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    signature = base64.b64encode(hmac.digest(key.encode(), message.encode(), "sha1")).decode()
    return form_delivery(fields, URL, x_mandrill_signature=signature)


def test_mandrill_signature_covers_the_url_and_all_fields() -> None:
    request = sign_mandrill_form({"mandrill_events": '[{"event":"open"}]', "b": "é", "a": ""})
    mandrill.verify_delivery(request, ("other", KEY), NOW)
    assert mandrill.answer_handshake(request, (KEY,), NOW) is None


def test_mandrill_delivery_is_rejected_when_another_url_is_signed() -> None:
    assert (
        refusal_reason(mandrill.CHANNEL, sign_mandrill_form({"a": "b"}, url=URL + "2"))
        == "signature"
    )


@pytest.mark.parametrize("key", [KEY, mandrill.PROBE_KEY])
def test_mandrill_empty_delivery_is_answered_for_a_live_or_probe_key(key: str) -> None:
    assert (
        mandrill.answer_handshake(sign_mandrill_form({"mandrill_events": "[]"}, key), (KEY,), NOW)
        is not None
    )


def test_mandrill_delivery_with_events_is_rejected_for_the_probe_key() -> None:
    request = sign_mandrill_form({"mandrill_events": '[{"event":"spam"}]'}, mandrill.PROBE_KEY)
    assert refusal_reason(mandrill.CHANNEL, request) == "signature"


def test_mandrill_empty_delivery_is_rejected_for_an_unknown_key() -> None:
    with pytest.raises(SignatureError):
        mandrill.answer_handshake(
            sign_mandrill_form({"mandrill_events": "[]"}, "guess"), (KEY,), NOW
        )


@pytest.mark.parametrize(
    ("reason", "expected"), [("unsub", [("email", "denied")]), ("hard-bounce", [])]
)
def test_mandrill_rejection_list_denies_consent_unless_the_address_bounced(
    reason: str, expected: list[tuple[str, str]]
) -> None:
    item = {
        "type": "blacklist",
        "action": "add",
        "reject": {"email": EMAIL_ADDRESS, "reason": reason},
    }
    event = translate_event("mandrill", form_delivery({"mandrill_events": json.dumps([item])}))
    assert (event.type, consent_statuses(event)) == ("Unsubscribed", expected)


# Postmark


def test_postmark_inbound_mail_becomes_a_message_without_its_text() -> None:
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
def test_postmark_inbound_mail_has_the_receipt_time_without_a_valid_date(date: object) -> None:
    event = translate_event("postmark", json_delivery({"FromFull": {}, "Date": date}))
    assert event.occurred_at == "2026-11-20T09:00:10.000Z"


@pytest.mark.parametrize(
    ("changes", "type_", "expected"),
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
def test_postmark_subscription_grants_consent_only_by_the_recipient(
    changes: dict[str, Any], type_: str, expected: str
) -> None:
    body = {"RecordType": "SubscriptionChange", "ChangedAt": "2026-11-20T09:00:00Z"}
    event = translate_event(
        "postmark", json_delivery(body | {"Recipient": EMAIL_ADDRESS} | changes)
    )
    assert (event.type, consent_statuses(event)) == (
        type_,
        [("email", expected)] if expected else [],
    )


@pytest.mark.parametrize(("kind", "type_"), postmark.BOUNCE_TYPES.items())
def test_postmark_bounce_type_determines_the_event_type(kind: str, type_: str) -> None:
    body = {"RecordType": "Bounce", "Type": kind, "BouncedAt": "2026-11-20T09:00:00Z"}
    assert translate_event("postmark", json_delivery(body | {"Email": EMAIL_ADDRESS})).type == type_


# Resend


def build_resend_delivery(topic: str, data: dict[str, Any], message_id: str = "msg_1") -> Request:
    body = {"type": topic, "created_at": "2026-11-20T09:00:00Z", "data": data}
    return json_delivery(body, svix_id=message_id)


def test_resend_mail_becomes_one_event_per_recipient() -> None:
    drafts = translate_drafts(
        "resend", build_resend_delivery("email.delivered", {"to": [EMAIL_ADDRESS, "b@example.com"]})
    )
    assert identifier_values(drafts) == [(EMAIL_ADDRESS,), ("b@example.com",)]
    assert len({draft.event.id for draft in drafts}) == 2


def test_resend_click_has_no_person_when_there_are_several_recipients() -> None:
    drafts = translate_drafts(
        "resend", build_resend_delivery("email.clicked", {"to": [EMAIL_ADDRESS, "b@example.com"]})
    )
    assert identifier_values(drafts) == [()]


@pytest.mark.parametrize(("unsubscribed", "expected"), [(True, [("email", "denied")]), (False, [])])
def test_resend_contact_denies_consent_and_never_grants_it(
    unsubscribed: bool, expected: list[tuple[str, str]]
) -> None:
    data = {
        "id": "c1",
        "email": EMAIL_ADDRESS,
        "first_name": "Zebedee",
        "unsubscribed": unsubscribed,
    }
    (draft,) = translate_drafts("resend", build_resend_delivery("contact.updated", data))
    assert (draft.event.type, consent_statuses(draft.event)) == ("Customer Updated", expected)
    assert draft.identifiers[1].scope == "resend/main"
    assert draft.contact["first_name"] == "Zebedee"


def test_resend_event_id_depends_on_the_signed_id() -> None:
    first, second = (
        build_resend_delivery("email.sent", {"to": EMAIL_ADDRESS}, id_)
        for id_ in ("msg_1", "msg_2")
    )
    assert translate_event("resend", first).id != translate_event("resend", second).id


# Mailchimp


def build_mailchimp_delivery(topic: str, **changes: str) -> Request:
    data = {
        "email": EMAIL_ADDRESS,
        "list_id": "l1",
        "id": "m1",
        "merges][FNAME": "Zebedee",
    } | changes
    fields = {f"data[{name}]": value for name, value in data.items()}
    return form_delivery({"type": topic, "fired_at": "2026-11-20 09:00:00"} | fields)


@pytest.mark.parametrize(
    ("topic", "reason", "type_", "expected"),
    [
        ("subscribe", "", "Subscribed", "granted"),
        ("unsubscribe", "manual", "Unsubscribed", "denied"),
        ("unsubscribe", "abuse", "Email Marked as Spam", "complained"),
        ("cleaned", "hard", "Email Bounced", ""),
        ("cleaned", "abuse", "Email Marked as Spam", "complained"),
        ("profile", "", "Customer Updated", ""),
        ("campaign", "", "Campaign Sent", ""),
    ],
)
def test_mailchimp_topic_and_reason_determine_event_and_consent(
    topic: str, reason: str, type_: str, expected: str
) -> None:
    event = translate_event("mailchimp", build_mailchimp_delivery(topic, reason=reason))
    assert (event.type, consent_statuses(event)) == (
        type_,
        [("email", expected)] if expected else [],
    )
    assert event.occurred_at == "2026-11-20T09:00:00.000Z"


def test_mailchimp_address_change_identifies_one_person() -> None:
    request = build_mailchimp_delivery(
        "upemail", email="", new_email=EMAIL_ADDRESS, old_email="old@example.com"
    )
    (draft,) = translate_drafts("mailchimp", request)
    assert identifier_values([draft]) == [(EMAIL_ADDRESS, "old@example.com", "m1")]
    assert draft.contact["email"] == EMAIL_ADDRESS


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_mailchimp_probe_is_answered_only_with_the_token(method: str) -> None:
    probe = Request(source="main", body=b"", received_at=NOW, query={"token": KEY}, method=method)
    assert mailchimp.answer_handshake(probe, (KEY,), NOW) is not None
    with pytest.raises(SignatureError):
        mailchimp.answer_handshake(msgspec.structs.replace(probe, query={}), (KEY,), NOW)


def test_mailchimp_delivery_is_not_a_handshake() -> None:
    assert mailchimp.answer_handshake(build_mailchimp_delivery("subscribe"), (KEY,), NOW) is None


# Brevo


def test_brevo_first_open_is_one_event_when_it_is_reported_twice() -> None:
    body = {
        "email": EMAIL_ADDRESS,
        "ts_epoch": EVENT_EPOCH * 1000,
        "message-id": "<1@brevo.example>",
    }
    ids = {
        translate_event("brevo", json_delivery(body | {"event": topic})).id
        for topic in ("opened", "unique_opened")
    }
    assert len(ids) == 1


@pytest.mark.parametrize(
    "times",
    [{"ts_event": EVENT_EPOCH}, {"ts": EVENT_EPOCH}, {"ts_epoch": EVENT_EPOCH * 1000, "ts": 1}],
)
def test_brevo_event_has_the_time_in_utc(times: dict[str, int]) -> None:
    event = translate_event(
        "brevo", json_delivery(times | {"event": "delivered", "email": EMAIL_ADDRESS})
    )
    assert event.occurred_at == "2026-11-20T09:00:00.000Z"


@pytest.mark.parametrize(
    "channel",
    [brevo.CHANNEL, mailchimp.CHANNEL, postmark.CHANNEL],
    ids=lambda channel: channel.name,
)
def test_sample_is_verified_and_rejected_as_unknown_topic(channel: Channel) -> None:
    request = build_sample_delivery(channel, json_delivery({}), KEY)
    channel.verify(request, (KEY,), NOW)
    with pytest.raises(InvalidEventError) as raised:
        channel.translate(request)
    assert raised.value.code == "unknown_topic"


def test_signed_sample_is_verified() -> None:
    secret = "whsec_" + base64.b64encode(KEY.encode()).decode()
    resend.verify_delivery(
        resend.build_sample(json_delivery({}), secret), (secret,), NOW + timedelta(seconds=1)
    )
    blank = msgspec.structs.replace(json_delivery({}), url=URL)
    mandrill.verify_delivery(mandrill.build_sample(blank, KEY), (KEY,), NOW)
