"""SES through SNS: only Amazon's own signature, by a certificate from Amazon's own host, for a topic of ours."""

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

TOPIC = "arn:aws:sns:eu-central-1:123456789012:mail"
HOST = "https://sns.eu-central-1.amazonaws.com"
CERTIFICATE = f"{HOST}/SimpleNotificationService-0123456789abcdef.pem"
CONFIRMATION_URL = f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=abc"
MAIL = {
    "timestamp": "2026-11-20T08:59:00.000Z",
    "messageId": "0102-mail-1",
    "destination": [EMAIL_ADDRESS, "other@example.com"],
    "commonHeaders": {"subject": "A canary subject"},
}


@cache
def make_amazon_key() -> tuple[rsa.RSAPrivateKey, bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=9))
    certificate = builder.sign(key, hashes.SHA256())
    return key, certificate.public_bytes(serialization.Encoding.PEM)


def sign_message(message: dict[str, Any]) -> Request:
    """The message with Amazon's signature, as SNS sends it."""
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
    is_first = message["SignatureVersion"] == "1"
    digest = hashes.SHA1() if is_first else hashes.SHA256()  # noqa: S303 (SNS's own choice)
    signature = make_amazon_key()[0].sign(text.encode(), padding.PKCS1v15(), digest)
    return request(message | {"Signature": base64.b64encode(signature).decode()})


def request(message: dict[str, Any]) -> Request:
    body, config = json.dumps(message).encode(), {"topic_arns": [TOPIC]}
    return Request(
        source="main",
        body=body,
        received_at=NOW,
        config=config,
        certificates=lambda _: make_amazon_key()[1],
    )


def envelope(told: object = "{}", **changes: Any) -> dict[str, Any]:
    return {
        "Type": "Notification",
        "MessageId": "sns-1",
        "TopicArn": TOPIC,
        "Message": told if isinstance(told, str) else json.dumps(told),
        "Timestamp": "2026-11-20T09:00:00.000Z",
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE,
    } | changes


def confirmation(**changes: Any) -> dict[str, Any]:
    said = {"Type": "SubscriptionConfirmation", "Token": "abc", "SubscribeURL": CONFIRMATION_URL}
    return envelope("You have chosen to subscribe", **(said | changes))


def refusal(sent: Request) -> str:
    with pytest.raises(SignatureError) as refused:
        ses_sns.verify_delivery(sent, (), NOW)
    return refused.value.reason


@pytest.mark.parametrize("changes", [{}, {"SignatureVersion": "1"}, {"Subject": "Mail"}])
def test_genuine_notification_is_believed(changes: dict[str, str]) -> None:
    ses_sns.verify_delivery(sign_message(envelope(**changes)), (), NOW)


def test_subject_folded_into_the_id_is_refused() -> None:
    genuine = sign_message(envelope(Subject="Mail"))
    message = json.loads(genuine.body)
    message["MessageId"] += f"\nSubject\n{message.pop('Subject')}"
    assert refusal(request(message)) == "malformed"


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://sns.eu-central-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem",
        "https://sns.eu-central-1.amazonaws.com@evil.example/SimpleNotificationService-1.pem",
        "https://snsxeu-central-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://s3.eu-central-1.amazonaws.com/evil/SimpleNotificationService-1.pem",
        "https://evil.example/#https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem",
        f"{HOST}:8443/SimpleNotificationService-1.pem",
        f"{HOST}/../SimpleNotificationService-1.pem",
        f"{CERTIFICATE}\n",
        f"{CERTIFICATE}?x=1",
        "",
    ],
)
def test_certificate_of_a_look_alike_host_is_refused_unfetched(url: str) -> None:
    fetched: list[str] = []
    sent = sign_message(envelope(SigningCertURL=url))
    assert refusal(msgspec.structs.replace(sent, certificates=fetched.append)) == "cert_url"
    assert fetched == []


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
        ({"TopicArn": TOPIC + "2"}, "topic"),
        ({"TopicArn": None}, "topic"),
    ],
)
def test_damaged_notification_is_refused(changes: dict[str, Any], reason: str) -> None:
    genuine = json.loads(sign_message(envelope()).body)
    assert refusal(request(genuine | changes)) == reason


def test_foreign_topic_is_refused_though_amazon_signed_it() -> None:
    assert (
        refusal(sign_message(envelope(TopicArn=TOPIC.replace("123456789012", "999999999999"))))
        == "topic"
    )


def test_every_topic_is_refused_when_none_is_set_up() -> None:
    assert refusal(msgspec.structs.replace(sign_message(envelope()), config={})) == "topic"


def test_subscription_to_our_topic_is_confirmed() -> None:
    fetched: list[str] = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return make_amazon_key()[1]

    sent = msgspec.structs.replace(sign_message(confirmation()), certificates=fetch)
    assert ses_sns.answer_handshake(sent, (), NOW) is not None
    assert fetched == [CERTIFICATE, CONFIRMATION_URL]
    assert ses_sns.translate_delivery(sent) == []


@pytest.mark.parametrize(
    "url",
    [
        CONFIRMATION_URL.replace("https", "http"),
        CONFIRMATION_URL.replace(".com/", ".com.evil.example/"),
        CONFIRMATION_URL.replace("https://", "https://evil.example@"),
        CONFIRMATION_URL.replace("ConfirmSubscription", "DeleteTopic"),
        CONFIRMATION_URL.replace("123456789012", "999999999999"),
        f"{CONFIRMATION_URL}&Action=DeleteTopic",
        "http://169.254.169.254/latest/meta-data",
    ],
)
def test_confirmation_that_leads_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(SignatureError) as refused:
        ses_sns.answer_handshake(sign_message(confirmation(SubscribeURL=url)), (), NOW)
    assert refused.value.reason == "subscribe_url"


def test_notification_is_no_handshake() -> None:
    assert (
        ses_sns.answer_handshake(sign_message(envelope("SubscriptionConfirmation")), (), NOW)
        is None
    )


def mail_delivery(topic: str, detail: dict[str, Any] | None = None, key: str = "") -> Request:
    said = {"eventType": topic, (key or topic.lower()): detail or {}, "mail": MAIL}
    return request(envelope(said))


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
def test_mail_to_several_is_an_event_for_each(topic: str, type_: str) -> None:
    drafts = ses_sns.translate_delivery(mail_delivery(topic))
    assert {draft.event.type for draft in drafts} == {type_}
    assert identifier_values(drafts) == [(EMAIL_ADDRESS,), ("other@example.com",)]
    assert len({draft.event.id for draft in drafts}) == 2


def test_opening_by_one_of_several_names_nobody() -> None:
    (draft,) = ses_sns.translate_delivery(mail_delivery("Open"))
    assert (draft.event.type, draft.identifiers) == ("Email Opened", ())


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        ("Permanent", "Email Bounced"),
        ("Undetermined", "Email Bounced"),
        ("Transient", "Email Deferred"),
    ],
)
def test_bounce_speaks_only_of_who_bounced(kind: str, type_: str) -> None:
    bounced = [
        {
            "emailAddress": f"Zebedee <{EMAIL_ADDRESS}>",
            "status": "5.1.1",
            "diagnosticCode": EMAIL_ADDRESS,
        }
    ]
    (draft,) = ses_sns.translate_delivery(
        mail_delivery("Bounce", {"bounceType": kind, "bouncedRecipients": bounced})
    )
    assert (draft.event.type, identifier_values([draft])) == (type_, [(EMAIL_ADDRESS,)])
    assert draft.event.properties["status"] == "5.1.1"
    assert EMAIL_ADDRESS not in msgspec.json.encode(draft.event).decode()


def test_complaint_takes_the_consent_back() -> None:
    event = translate_event(
        "ses-sns",
        mail_delivery("Complaint", {"complainedRecipients": [{"emailAddress": EMAIL_ADDRESS}]}),
    )
    assert (event.type, consent_statuses(event)) == ("Email Marked as Spam", [("email", "denied")])


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
def test_list_management_is_consent(preferences: dict[str, Any], status: str) -> None:
    drafts = ses_sns.translate_delivery(
        mail_delivery("Subscription", {"newTopicPreferences": preferences})
    )
    assert {change.status for draft in drafts for change in draft.event.consents} == {status}


def test_same_event_by_another_topic_is_known() -> None:
    by_one = ses_sns.translate_delivery(
        mail_delivery("Delivery", {"timestamp": "2026-11-20T08:59:30Z"})
    )
    again = {
        "notificationType": "Delivery",
        "delivery": {"timestamp": "2026-11-20T08:59:30Z"},
        "mail": MAIL,
    }
    by_other = ses_sns.translate_delivery(request(envelope(again, MessageId="sns-2")))
    assert [draft.event.id for draft in by_one] == [draft.event.id for draft in by_other]


@pytest.mark.parametrize(
    "said",
    [
        "Successfully validated SNS topic for Amazon SES event publishing.",
        {"notificationType": "AmazonSnsSubscriptionSucceeded"},
    ],
)
def test_greeting_of_ses_is_no_event(said: object) -> None:
    assert ses_sns.translate_delivery(request(envelope(said))) == []


def test_end_of_the_subscription_is_set_aside_for_the_owner_to_see() -> None:
    with pytest.raises(InvalidEventError) as refused:
        ses_sns.translate_delivery(request(confirmation(Type="UnsubscribeConfirmation")))
    assert refused.value.code == "subscription_ended"


def test_unknown_topic_is_set_aside() -> None:
    with pytest.raises(InvalidEventError) as refused:
        ses_sns.translate_delivery(mail_delivery("Received"))
    assert refused.value.code == "unknown_topic"


def test_time_is_the_event_s_own() -> None:
    event = translate_event("ses-sns", mail_delivery("Open", {"timestamp": "2026-11-20T08:59:59Z"}))
    assert datetime.fromisoformat(event.occurred_at).second == 59
