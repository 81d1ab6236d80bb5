"""Test that any delivery of a form or an e-mail provider becomes events without an address, or is rejected."""

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
from tests.unit.channels.test_translation_property import CANARY, check_translation, json_values

ITEM_FIELDS: dict[str, Any] = {
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
GOOGLE_RESPONSE: dict[str, Any] = {
    "responseId": "r",
    "submittedAt": "2026-11-20T09:00:00Z",
    "respondentEmail": CANARY,
    "answers": [{"title": "Email", "type": "LIST", "response": CANARY}],
}
RESEND_DATA: dict[str, Any] = {
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
SES_EVENT: dict[str, Any] = {
    "eventType": "Bounce",
    "mail": {"destination": [CANARY], "messageId": "m", "tags": {}},
    "bounce": {
        "bouncedRecipients": [{"emailAddress": CANARY}],
        "timestamp": "2026-11-20T09:00:00Z",
    },
}
JOTFORM_ANSWERS: dict[str, Any] = {
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
    "sendgrid": (ITEM_FIELDS, lambda item: json_delivery([item])),
    "mailjet": (ITEM_FIELDS, lambda item: json_delivery([item])),
    "brevo": (ITEM_FIELDS, json_delivery),
    "postmark": (ITEM_FIELDS, json_delivery),
    "mailgun": (
        ITEM_FIELDS | {"event": "clicked"},
        lambda item: json_delivery({"signature": {}, "event-data": item}),
    ),
    "mandrill": (ITEM_FIELDS, lambda item: form_delivery({"mandrill_events": json.dumps([item])})),
    "resend": (RESEND_DATA, lambda data: json_delivery(_build_typed_body("email.clicked", data))),
    "standard-webhooks": (
        RESEND_DATA,
        lambda data: json_delivery(_build_typed_body("order.completed", data), CONFIG),
    ),
    "ses-sns": (
        SES_EVENT,
        lambda event: json_delivery({"Type": "Notification", "Message": json.dumps(event)}),
    ),
    "typeform": (
        FORM_RESPONSE,
        lambda form: json_delivery({"event_type": "form_response", "form_response": form}, CONFIG),
    ),
    "tally": (
        FORM_RESPONSE,
        lambda data: json_delivery({"eventType": "FORM_RESPONSE", "data": data}, CONFIG),
    ),
    "google-forms": (GOOGLE_RESPONSE, lambda body: json_delivery(body, CONFIG)),
    "jotform": (
        JOTFORM_ANSWERS,
        lambda raw: form_delivery({"submissionID": "1", "rawRequest": json.dumps(raw)}),
    ),
}


def _build_typed_body(topic: str, data: Any) -> dict[str, Any]:
    return {"type": topic, "created_at": "2026-11-20T09:00:00Z", "data": data}


@given(st.data(), st.sampled_from(sorted(DELIVERY_BUILDERS)))
def test_damaged_delivery_is_translated_without_an_address_or_rejected(
    data: st.DataObject, channel: str
) -> None:
    sample, build_delivery = DELIVERY_BUILDERS[channel]
    changes = data.draw(st.dictionaries(st.sampled_from(sorted(sample)), json_values, max_size=5))
    damaged = data.draw(st.just(sample | changes) | json_values)
    check_translation(load_channel(channel), build_delivery(damaged))


@given(st.binary(max_size=200), st.sampled_from(sorted({*DELIVERY_BUILDERS, "mailchimp"})))
def test_any_bytes_are_translated_or_rejected(body: bytes, channel: str) -> None:
    for kind in ("application/json", FORM_TYPE, "multipart/form-data; boundary=b"):
        check_translation(
            load_channel(channel),
            Request(source="main", body=body, received_at=NOW, headers={"content-type": kind}),
        )


@given(
    st.dictionaries(st.sampled_from(["type", "fired_at", "data[email]", "data[reason]"]), st.text())
)
def test_damaged_mailchimp_form_is_translated_or_rejected(fields: dict[str, str]) -> None:
    form = {
        "type": "subscribe",
        "fired_at": "2026-11-20 09:00:00",
        "data[list_id]": CANARY,
    } | fields
    request = form_delivery(
        {name: text.encode("utf-8", "replace").decode() for name, text in form.items()}
    )
    check_translation(load_channel("mailchimp"), request)


SIGNATURE_HEADERS = (
    *("authorization", "typeform-signature", "tally-signature", "x-mandrill-signature"),
    *("webhook-id", "webhook-timestamp", "webhook-signature", "svix-id", "svix-signature"),
    "x-twilio-email-event-webhook-signature",
    "x-twilio-email-event-webhook-timestamp",
)
HEADER_VALUES = st.text(max_size=12) | st.sampled_from(
    ["v1,YQ==", "v1a,YQ==", "1795165200", "MAA=", "Basic YQ=="]
)
SNS_MESSAGE = {
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
SIGNATURE_FIELDS = {"signature": {"timestamp": "1795165200", "token": "t", "signature": "s"}}
SECRETS = ("key", "whsec_YQ==", "whpk_YQ==", "YQ==", "")


@given(
    st.dictionaries(st.sampled_from(SIGNATURE_HEADERS), HEADER_VALUES),
    st.dictionaries(st.sampled_from([*SNS_MESSAGE, *SIGNATURE_FIELDS]), json_values, max_size=3),
    st.sampled_from(sorted({*DELIVERY_BUILDERS, "mailchimp"})),
)
def test_forged_delivery_is_rejected_without_a_bug(
    headers: dict[str, str], changes: dict[str, Any], channel: str
) -> None:
    body = json.dumps(SNS_MESSAGE | SIGNATURE_FIELDS | changes).encode()
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
