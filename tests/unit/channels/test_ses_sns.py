"""Test SES through SNS: the signature by a certificate of an SNS host, for a configured topic."""

import base64
import json
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from regulars.channels.contract import Request
from regulars.channels.mail import ses_sns
from regulars.domain.errors import InvalidEventError, SignatureError
from tests.support.deliveries import (
    EMAIL_ADDRESS,
    NOW,
    consent_statuses,
    identifier_values,
    translate_event,
)

TOPIC_ARN = "arn:aws:sns:eu-central-1:123456789012:mail"
SNS_HOST = "https://sns.eu-central-1.amazonaws.com"
CERTIFICATE_URL = f"{SNS_HOST}/SimpleNotificationService-0123456789abcdef.pem"
CONFIRM_URL = f"{SNS_HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC_ARN}&Token=abc"
MAIL_FIELDS = {
    "timestamp": "2026-11-20T08:59:00.000Z",
    "messageId": "0102-mail-1",
    "destination": [EMAIL_ADDRESS, "other@example.com"],
    "commonHeaders": {"subject": "A canary subject"},
}


@cache
def create_signing_key() -> tuple[rsa.RSAPrivateKey, bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=9))
    certificate = builder.sign(key, hashes.SHA256())
    return key, certificate.public_bytes(serialization.Encoding.PEM)


def sign_message(message: dict[str, Any]) -> Request:
    """Return a delivery of the message with the signature of Amazon."""
    names = (
        "Message",
        "MessageId",
        "Subject",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    )
    text = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
    is_sha1 = message["SignatureVersion"] == "1"
    digest = hashes.SHA1() if is_sha1 else hashes.SHA256()  # noqa: S303 (SNS's own choice)
    signature = create_signing_key()[0].sign(text.encode(), padding.PKCS1v15(), digest)
    return build_request(message | {"Signature": base64.b64encode(signature).decode()})


def build_request(message: dict[str, Any]) -> Request:
    body, config = json.dumps(message).encode(), {"topic_arns": [TOPIC_ARN]}
    return Request(
        source="main",
        body=body,
        received_at=NOW,
        config=config,
        certificates=lambda _: create_signing_key()[1],
    )


def build_notification(message: object = "{}", **changes: Any) -> dict[str, Any]:
    return {
        "Type": "Notification",
        "MessageId": "sns-1",
        "TopicArn": TOPIC_ARN,
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": "2026-11-20T09:00:00.000Z",
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE_URL,
    } | changes


def build_confirmation(**changes: Any) -> dict[str, Any]:
    fields = {"Type": "SubscriptionConfirmation", "Token": "abc", "SubscribeURL": CONFIRM_URL}
    return build_notification("You have chosen to subscribe", **(fields | changes))


def refusal_reason(delivery: Request) -> str:
    with pytest.raises(SignatureError) as raised:
        ses_sns.verify_delivery(delivery, (), NOW)
    return raised.value.reason


@pytest.mark.parametrize("changes", [{}, {"SignatureVersion": "1"}, {"Subject": "Mail"}])
def test_genuine_notification_is_verified(changes: dict[str, str]) -> None:
    ses_sns.verify_delivery(sign_message(build_notification(**changes)), (), NOW)


def test_notification_is_rejected_when_its_subject_moves_to_the_id() -> None:
    genuine = sign_message(build_notification(Subject="Mail"))
    message = json.loads(genuine.body)
    message["MessageId"] += f"\nSubject\n{message.pop('Subject')}"
    assert refusal_reason(build_request(message)) == "malformed"


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://sns.eu-central-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem",
        "https://sns.eu-central-1.amazonaws.com@evil.example/SimpleNotificationService-1.pem",
        "https://snsxeu-central-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://s3.eu-central-1.amazonaws.com/evil/SimpleNotificationService-1.pem",
        "https://evil.example/#https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem",
        f"{SNS_HOST}:8443/SimpleNotificationService-1.pem",
        f"{SNS_HOST}/../SimpleNotificationService-1.pem",
        f"{CERTIFICATE_URL}\n",
        f"{CERTIFICATE_URL}?x=1",
        "",
    ],
)
def test_certificate_is_not_fetched_when_its_host_is_not_sns(url: str) -> None:
    fetched_urls: list[str] = []
    delivery = sign_message(build_notification(SigningCertURL=url))
    assert (
        refusal_reason(msgspec.structs.replace(delivery, certificates=fetched_urls.append))
        == "cert_url"
    )
    assert fetched_urls == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Signature": ""}, "missing"),
        ({"Signature": "AAAA"}, "signature"),
        ({"Message": "{ }"}, "signature"),
        ({"Subject": "added"}, "signature"),
        ({"SignatureVersion": "1"}, "signature"),
        ({"SignatureVersion": "3"}, "scheme"),
        ({"Type": "Surprise"}, "malformed"),
        ({"MessageId": 1}, "malformed"),
        ({"TopicArn": TOPIC_ARN + "2"}, "topic"),
        ({"TopicArn": None}, "topic"),
    ],
)
def test_notification_is_rejected_when_a_field_is_damaged(
    changes: dict[str, Any], reason: str
) -> None:
    genuine = json.loads(sign_message(build_notification()).body)
    assert refusal_reason(build_request(genuine | changes)) == reason


def test_signed_notification_is_rejected_when_its_topic_is_not_configured() -> None:
    assert (
        refusal_reason(
            sign_message(
                build_notification(TopicArn=TOPIC_ARN.replace("123456789012", "999999999999"))
            )
        )
        == "topic"
    )


def test_notification_is_rejected_when_no_topic_is_configured() -> None:
    assert (
        refusal_reason(msgspec.structs.replace(sign_message(build_notification()), config={}))
        == "topic"
    )


def test_subscription_to_a_configured_topic_is_confirmed() -> None:
    fetched_urls: list[str] = []

    def fetch(url: str) -> bytes:
        fetched_urls.append(url)
        return create_signing_key()[1]

    delivery = msgspec.structs.replace(sign_message(build_confirmation()), certificates=fetch)
    assert ses_sns.answer_handshake(delivery, (), NOW) is not None
    assert fetched_urls == [CERTIFICATE_URL, CONFIRM_URL]
    assert ses_sns.translate_delivery(delivery) == []


@pytest.mark.parametrize(
    "url",
    [
        CONFIRM_URL.replace("https", "http"),
        CONFIRM_URL.replace(".com/", ".com.evil.example/"),
        CONFIRM_URL.replace("https://", "https://evil.example@"),
        CONFIRM_URL.replace("ConfirmSubscription", "DeleteTopic"),
        CONFIRM_URL.replace("123456789012", "999999999999"),
        f"{CONFIRM_URL}&Action=DeleteTopic",
        "http://169.254.169.254/latest/meta-data",
    ],
)
def test_confirmation_is_rejected_when_its_url_is_not_sns(url: str) -> None:
    with pytest.raises(SignatureError) as raised:
        ses_sns.answer_handshake(sign_message(build_confirmation(SubscribeURL=url)), (), NOW)
    assert raised.value.reason == "subscribe_url"


def test_notification_is_not_a_handshake() -> None:
    assert (
        ses_sns.answer_handshake(
            sign_message(build_notification("SubscriptionConfirmation")), (), NOW
        )
        is None
    )


def build_event_delivery(
    topic: str, detail: dict[str, Any] | None = None, key: str = ""
) -> Request:
    event = {"eventType": topic, (key or topic.lower()): detail or {}, "mail": MAIL_FIELDS}
    return build_request(build_notification(event))


@pytest.mark.parametrize(
    ("topic", "type_"),
    [
        ("Send", "Email Sent"),
        ("Reject", "Email Dropped"),
        ("Rendering Failure", "Email Dropped"),
        ("DeliveryDelay", "Email Deferred"),
        ("Delivery", "Email Delivered"),
    ],
)
def test_mail_becomes_one_event_per_recipient(topic: str, type_: str) -> None:
    drafts = ses_sns.translate_delivery(build_event_delivery(topic))
    assert {draft.event.type for draft in drafts} == {type_}
    assert identifier_values(drafts) == [(EMAIL_ADDRESS,), ("other@example.com",)]
    assert len({draft.event.id for draft in drafts}) == 2


def test_open_has_no_person_when_there_are_several_recipients() -> None:
    (draft,) = ses_sns.translate_delivery(build_event_delivery("Open"))
    assert (draft.event.type, draft.identifiers) == ("Email Opened", ())


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        ("Permanent", "Email Bounced"),
        ("Undetermined", "Email Bounced"),
        ("Transient", "Email Deferred"),
    ],
)
def test_bounce_names_only_the_bounced_recipient(kind: str, type_: str) -> None:
    recipients = [
        {
            "emailAddress": f"Zebedee <{EMAIL_ADDRESS}>",
            "status": "5.1.1",
            "diagnosticCode": EMAIL_ADDRESS,
        }
    ]
    (draft,) = ses_sns.translate_delivery(
        build_event_delivery("Bounce", {"bounceType": kind, "bouncedRecipients": recipients})
    )
    assert (draft.event.type, identifier_values([draft])) == (type_, [(EMAIL_ADDRESS,)])
    assert draft.event.properties["status"] == "5.1.1"
    assert EMAIL_ADDRESS not in msgspec.json.encode(draft.event).decode()


def test_complaint_denies_the_consent() -> None:
    event = translate_event(
        "ses-sns",
        build_event_delivery(
            "Complaint", {"complainedRecipients": [{"emailAddress": EMAIL_ADDRESS}]}
        ),
    )
    assert (event.type, consent_statuses(event)) == (
        "Email Marked as Spam",
        [("email", "complained")],
    )


@pytest.mark.parametrize(
    ("preferences", "status"),
    [
        ({"unsubscribeAll": True}, "denied"),
        (
            {
                "unsubscribeAll": False,
                "topicSubscriptionStatus": [{"subscriptionStatus": "OptOut"}],
            },
            "denied",
        ),
        (
            {"unsubscribeAll": False, "topicSubscriptionStatus": [{"subscriptionStatus": "OptIn"}]},
            "granted",
        ),
        ({}, "denied"),
    ],
)
def test_topic_preferences_determine_the_consent(preferences: dict[str, Any], status: str) -> None:
    drafts = ses_sns.translate_delivery(
        build_event_delivery("Subscription", {"newTopicPreferences": preferences})
    )
    assert {change.status for draft in drafts for change in draft.event.consents} == {status}


def test_event_is_one_when_two_topics_deliver_it() -> None:
    first = ses_sns.translate_delivery(
        build_event_delivery("Delivery", {"timestamp": "2026-11-20T08:59:30Z"})
    )
    event = {
        "notificationType": "Delivery",
        "delivery": {"timestamp": "2026-11-20T08:59:30Z"},
        "mail": MAIL_FIELDS,
    }
    second = ses_sns.translate_delivery(build_request(build_notification(event, MessageId="sns-2")))
    assert [draft.event.id for draft in first] == [draft.event.id for draft in second]


@pytest.mark.parametrize(
    "message",
    [
        "Successfully validated SNS topic for Amazon SES event publishing.",
        {"notificationType": "AmazonSnsSubscriptionSucceeded"},
    ],
)
def test_topic_validation_produces_no_event(message: object) -> None:
    assert ses_sns.translate_delivery(build_request(build_notification(message))) == []


def test_end_of_the_subscription_is_rejected() -> None:
    with pytest.raises(InvalidEventError) as raised:
        ses_sns.translate_delivery(
            build_request(build_confirmation(Type="UnsubscribeConfirmation"))
        )
    assert raised.value.code == "subscription_ended"


def test_unknown_topic_is_rejected() -> None:
    with pytest.raises(InvalidEventError) as raised:
        ses_sns.translate_delivery(build_event_delivery("Received"))
    assert raised.value.code == "unknown_topic"


def test_event_has_the_time_of_its_detail() -> None:
    event = translate_event(
        "ses-sns", build_event_delivery("Open", {"timestamp": "2026-11-20T08:59:59Z"})
    )
    assert datetime.fromisoformat(event.occurred_at).second == 59
