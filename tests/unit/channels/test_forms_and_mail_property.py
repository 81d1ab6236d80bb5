"""Whatever a form or a provider of mail sends, it becomes events without a name in them, or is refused."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.channels.contract import Request
from regulars.channels.registry import load_channel
from regulars.domain.errors import InvalidRequestError, SignatureError
from tests.support.deliveries import EVENT_EPOCH, FORM_TYPE, NOW, form_delivery, json_delivery
from tests.unit.channels.test_translation_property import CANARY, anything, check_translation

ITEM: dict[str, Any] = {
    "event": "click",
    "email": CANARY,
    "recipient": CANARY,
    "url": f"https://a.example/?u={CANARY}",
    "timestamp": EVENT_EPOCH,
    "time": EVENT_EPOCH,
    "ts": EVENT_EPOCH,
    "ts_epoch": EVENT_EPOCH * 1000,
    "sg_event_id": "e",
    "_id": "m",
    "message-id": CANARY,
    "MessageID": 1,
    "msg": {"email": CANARY},
    "category": ["a"],
    "tags": ["b"],
    "reason": CANARY,
    "type": "blocked",
    "singlesend_id": "s",
    "sg_message_id": "m.x",
    "status": "5.1.1",
    "message": {"headers": {"to": CANARY, "message-id": CANARY}},
    "delivery-status": {"code": 550},
    "RecordType": "Click",
    "ReceivedAt": "2026-11-20T09:00:00Z",
    "Recipient": CANARY,
    "Type": "Blocked",
    "FromFull": {"Email": CANARY},
    "Date": "Fri, 20 Nov 2026 09:00:00 +0000",
    "TextBody": CANARY,
}
FORM_RESPONSE: dict[str, Any] = {
    "submitted_at": "2026-11-20T09:00:00Z",
    "createdAt": "2026-11-20T09:00:00Z",
    "hidden": {"user_id": CANARY},
    "answers": [{"type": "email", "email": CANARY, "field": {"id": "a", "type": "email"}}],
    "fields": [
        {"label": "Email", "type": "INPUT_EMAIL", "value": CANARY},
        {"type": "DROPDOWN", "value": ["a"]},
    ],
}
GOOGLE: dict[str, Any] = {
    "responseId": "r",
    "submittedAt": "2026-11-20T09:00:00Z",
    "respondentEmail": CANARY,
    "answers": [{"title": "Email", "type": "LIST", "response": CANARY}],
}
MAIL_FIELDS: dict[str, Any] = {
    "to": [CANARY],
    "email": CANARY,
    "id": CANARY,
    "unsubscribed": True,
    "order_id": "o",
    "total": "1.5",
    "click": {"link": CANARY},
    "bounce": {"type": "Permanent"},
    "first_name": "Zebedee",
}
SES: dict[str, Any] = {
    "eventType": "Bounce",
    "mail": {"destination": [CANARY], "messageId": "m", "tags": {}},
    "bounce": {
        "bouncedRecipients": [{"emailAddress": CANARY}],
        "timestamp": "2026-11-20T09:00:00Z",
    },
}
JOTFORM: dict[str, Any] = {
    "submitDate": EVENT_EPOCH * 1000,
    "q1_email": CANARY,
    "q2_name": {"first": "Z"},
    "q3_x": CANARY,
}
CONFIG = {
    "answers": ["Email", "x"],
    "consents": {"Email": "email"},
    "properties": {"a": "data.email", "b": "data"},
}

DELIVERY_BUILDERS: dict[str, tuple[dict[str, Any], Callable[[Any], Request]]] = {
    "sendgrid": (ITEM, lambda item: json_delivery([item])),
    "mailjet": (ITEM, lambda item: json_delivery([item])),
    "brevo": (ITEM, json_delivery),
    "postmark": (ITEM, json_delivery),
    "mailgun": (
        ITEM | {"event": "clicked"},
        lambda item: json_delivery({"signature": {}, "event-data": item}),
    ),
    "mandrill": (ITEM, lambda item: form_delivery({"mandrill_events": json.dumps([item])})),
    "resend": (MAIL_FIELDS, lambda data: json_delivery(_build_typed_body("email.clicked", data))),
    "standard-webhooks": (
        MAIL_FIELDS,
        lambda data: json_delivery(_build_typed_body("order.completed", data), CONFIG),
    ),
    "ses-sns": (
        SES,
        lambda told: json_delivery({"Type": "Notification", "Message": json.dumps(told)}),
    ),
    "typeform": (
        FORM_RESPONSE,
        lambda told: json_delivery({"event_type": "form_response", "form_response": told}, CONFIG),
    ),
    "tally": (
        FORM_RESPONSE,
        lambda told: json_delivery({"eventType": "FORM_RESPONSE", "data": told}, CONFIG),
    ),
    "google-forms": (GOOGLE, lambda told: json_delivery(told, CONFIG)),
    "jotform": (
        JOTFORM,
        lambda raw: form_delivery({"submissionID": "1", "rawRequest": json.dumps(raw)}),
    ),
}


def _build_typed_body(topic: str, data: Any) -> dict[str, Any]:
    return {"type": topic, "created_at": "2026-11-20T09:00:00Z", "data": data}


@given(st.data(), st.sampled_from(sorted(DELIVERY_BUILDERS)))
def test_damaged_delivery_is_events_of_nobody_or_refused(data: st.DataObject, channel: str) -> None:
    sample, made = DELIVERY_BUILDERS[channel]
    changes = data.draw(st.dictionaries(st.sampled_from(sorted(sample)), anything, max_size=5))
    damaged = data.draw(st.just(sample | changes) | anything)
    check_translation(load_channel(channel), made(damaged))


@given(st.binary(max_size=200), st.sampled_from(sorted({*DELIVERY_BUILDERS, "mailchimp"})))
def test_any_bytes_are_a_delivery_or_refused(body: bytes, channel: str) -> None:
    for kind in ("application/json", FORM_TYPE, "multipart/form-data; boundary=b"):
        check_translation(
            load_channel(channel),
            Request(source="main", body=body, received_at=NOW, headers={"content-type": kind}),
        )


@given(
    st.dictionaries(st.sampled_from(["type", "fired_at", "data[email]", "data[reason]"]), st.text())
)
def test_damaged_mailchimp_form_is_an_event_or_refused(fields: dict[str, str]) -> None:
    said = {
        "type": "subscribe",
        "fired_at": "2026-11-20 09:00:00",
        "data[list_id]": CANARY,
    } | fields
    request = form_delivery(
        {name: text.encode("utf-8", "replace").decode() for name, text in said.items()}
    )
    check_translation(load_channel("mailchimp"), request)


HEADERS = (
    *("authorization", "typeform-signature", "tally-signature", "x-mandrill-signature"),
    *("webhook-id", "webhook-timestamp", "webhook-signature", "svix-id", "svix-signature"),
    "x-twilio-email-event-webhook-signature",
    "x-twilio-email-event-webhook-timestamp",
)
SIGNATURE_TEXTS = st.text(max_size=12) | st.sampled_from(
    ["v1,YQ==", "v1a,YQ==", "1795165200", "MAA=", "Basic YQ=="]
)
SNS = {
    "Type": "SubscriptionConfirmation",
    "TopicArn": "t",
    "Signature": "YQ==",
    "SignatureVersion": "2",
    "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
    "Message": "m",
    "MessageId": "m",
    "SubscribeURL": "https://x/",
    "Timestamp": "t",
    "Token": "t",
}
MAILGUN_SIGNATURE = {"signature": {"timestamp": "1795165200", "token": "t", "signature": "s"}}
SECRETS = ("key", "whsec_YQ==", "whpk_YQ==", "YQ==", "")


@given(
    st.dictionaries(st.sampled_from(HEADERS), SIGNATURE_TEXTS),
    st.dictionaries(st.sampled_from([*SNS, *MAILGUN_SIGNATURE]), anything, max_size=3),
    st.sampled_from(sorted({*DELIVERY_BUILDERS, "mailchimp"})),
)
def test_forged_delivery_is_refused_and_never_a_fault(
    headers: dict[str, str], changes: dict[str, Any], channel: str
) -> None:
    body = json.dumps(SNS | MAILGUN_SIGNATURE | changes).encode()
    request = Request(
        source="main",
        body=body,
        received_at=NOW,
        headers=headers,
        config={"topic_arns": ["t"]},
        certificates=str.encode,
    )
    contract = load_channel(channel)
    with suppress(SignatureError, InvalidRequestError):
        (contract.answer_handshake or contract.verify)(request, SECRETS, NOW)
    with pytest.raises((SignatureError, InvalidRequestError)):
        contract.verify(request, SECRETS, NOW)
