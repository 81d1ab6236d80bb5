"""The schemes with a certificate, which an attacker could serve from a URL that resembles the provider's."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial
from random import Random
from zlib import crc32

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.conformance.mutations.delivery_parts import (
    BodyPart,
    HeaderPart,
    JsonMemberPart,
    QueryPart,
    UrlPart,
)
from tests.conformance.mutations.schemes.contract import SignatureScheme
from tests.conformance.mutations.schemes.signing import (
    SigningKey,
    encode_base64,
    generate_body,
    generate_message,
    generate_token,
)
from tests.conformance.mutations.signed_delivery import NOW, SignedDelivery

PAYPAL_CERTIFICATE_URL = "https://api.paypal.com/v1/notifications/certs/CERT-{}"
PAYPAL_URL_HEADER = "paypal-cert-url"
SNS_CERTIFICATE_URL = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-{}.pem"
GENUINE_CERTIFICATE_ID, OTHER_CERTIFICATE_ID = "360caa42", "99999999"
CERTIFICATE_IDS = (GENUINE_CERTIFICATE_ID, OTHER_CERTIFICATE_ID)
SNS_SIGNED_FIELDS = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")


@cache
def create_certificate(certificate_id: str) -> tuple[rsa.RSAPrivateKey, bytes]:
    """Return a private key and its self-signed certificate as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    common_name = f"{certificate_id}.example.com"
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=9))
    return key, builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def build_paypal_delivery(
    random: Random, key: SigningKey, at: datetime, certificate_id: str = GENUINE_CERTIFICATE_ID
) -> SignedDelivery:
    """Sign the ids of transmission and webhook, the time, and the CRC-32 of the body."""
    body, transmission_id, time = generate_body(random), generate_token(random), at.isoformat()
    message = f"{transmission_id}|{time}|{key.secret}|{crc32(body)}".encode()
    private_key, _ = create_certificate(certificate_id)
    raw = private_key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    headers = {
        "paypal-transmission-id": transmission_id,
        "paypal-transmission-time": time,
        "paypal-transmission-sig": encode_base64(raw),
        PAYPAL_URL_HEADER: PAYPAL_CERTIFICATE_URL.format(GENUINE_CERTIFICATE_ID),
        "paypal-auth-algo": "SHA256withRSA",
    }
    certificates = _list_certificates(PAYPAL_CERTIFICATE_URL)
    return SignedDelivery(channel="paypal", body=body, headers=headers, certificates=certificates)


def build_sns_delivery(
    random: Random, key: SigningKey, at: datetime, version: str = "2"
) -> SignedDelivery:
    """Sign some fields of the message. The topic has the role of a secret."""
    message = {
        "Type": "Notification",
        "MessageId": generate_token(random),
        "TopicArn": key.secret,
        "Subject": "What became of it?",
        "Message": json.dumps(generate_message(random)),
        "Timestamp": at.isoformat(),
    }
    text = "".join(f"{name}\n{message[name]}\n" for name in SNS_SIGNED_FIELDS)
    digest = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303 (SNS requires it)
    private_key, _ = create_certificate(GENUINE_CERTIFICATE_ID)
    raw = private_key.sign(text.encode(), padding.PKCS1v15(), digest)
    message |= {
        "Signature": encode_base64(raw),
        "SignatureVersion": version,
        "SigningCertURL": SNS_CERTIFICATE_URL.format(GENUINE_CERTIFICATE_ID),
        "UnsubscribeURL": "https://a.example/",
    }
    certificates = _list_certificates(SNS_CERTIFICATE_URL)
    body = json.dumps(message).encode()
    return SignedDelivery(channel="ses-sns", body=body, certificates=certificates)


def generate_topic(random: Random) -> SigningKey:
    """Return the ARN of a topic of the shop as a key."""
    return SigningKey(f"arn:aws:sns:eu-central-1:123456789012:{generate_token(random)}")


def _list_certificates(url_template: str) -> dict[str, bytes]:
    return {
        url_template.format(certificate_id): create_certificate(certificate_id)[1]
        for certificate_id in CERTIFICATE_IDS
    }


def _sign_with_other_certificate(random: Random, delivery: SignedDelivery) -> SignedDelivery:
    """Sign with another certificate of the provider than the one at the URL."""
    key = SigningKey(delivery.secrets[0])
    forged = build_paypal_delivery(random, key, NOW, OTHER_CERTIFICATE_ID)
    return replace(forged, secrets=delivery.secrets, now=delivery.now)


def _replace_certificate_url(
    member: str, urls: tuple[str, ...], random: Random, delivery: SignedDelivery
) -> SignedDelivery:
    """Replace the URL of the certificate by one that would serve the same certificate.

    The URL is in this member of the JSON, or in PayPal's header if `member` is empty.
    """
    url, headers, body = random.choice(urls), delivery.headers, delivery.body
    if member:
        body = JsonMemberPart(member).write(delivery, url).body
    else:
        headers = headers | {PAYPAL_URL_HEADER: url}
    certificates = delivery.certificates | {url: create_certificate(GENUINE_CERTIFICATE_ID)[1]}
    return replace(delivery, headers=headers, body=body, certificates=certificates)


def _list_lookalike_urls(genuine_url: str) -> tuple[str, ...]:
    host = genuine_url.split("/")[2]
    lookalike_hosts = (
        f"{host}.evil.example",
        f"{host}@evil.example",
        f"evil.example/{host}",
        f"{host}:8443",
        f"x{host}",
        host.replace(".", "-", 1),
        f"evil.example#{host}",
        f"{host}\\@evil.example",
    )
    return (
        *(genuine_url.replace(host, lookalike_host) for lookalike_host in lookalike_hosts),
        genuine_url.replace("https", "http"),
        f"{genuine_url}?x",
        f"{genuine_url}\n",
        f"{genuine_url}/../x",
    )


def _merge_subject_into_id(_random: Random, delivery: SignedDelivery) -> SignedDelivery:
    """Append the subject to the message id, so that the signed lines stay the same."""
    message = json.loads(delivery.body)
    message["MessageId"] += f"\nSubject\n{message.pop('Subject')}"
    return replace(delivery, body=json.dumps(message).encode())


def _encode_message_again(random: Random, delivery: SignedDelivery) -> SignedDelivery:
    """Encode the same message with another order of its members and other whitespace."""
    members = list(json.loads(delivery.body).items())
    random.shuffle(members)
    body = json.dumps(dict(members), indent=random.choice((None, 1))).encode()
    return replace(delivery, body=body)


def _repeat_member(
    name: str, is_last: bool, random: Random, delivery: SignedDelivery
) -> SignedDelivery:
    """Add a second member with the same name. A parser returns the last one."""
    added = f"{json.dumps(name)}:{json.dumps(generate_token(random))}".encode()
    members = delivery.body.strip()[1:-1]
    body = members + b"," + added if is_last else added + b"," + members
    return replace(delivery, body=b"{" + body + b"}")


SNS_SCHEME = SignatureScheme(
    name="ses-sns",
    build_delivery=build_sns_delivery,
    proof_parts=(JsonMemberPart("Signature"),),
    signed_parts=(
        *map(JsonMemberPart, SNS_SIGNED_FIELDS),
        JsonMemberPart("SignatureVersion"),
        JsonMemberPart("SigningCertURL"),
    ),
    unsigned_parts=(JsonMemberPart("UnsubscribeURL"), UrlPart(), QueryPart()),
    generate_key=generate_topic,
    invalid_mutations=(
        partial(
            _replace_certificate_url,
            "SigningCertURL",
            _list_lookalike_urls(SNS_CERTIFICATE_URL.format(GENUINE_CERTIFICATE_ID)),
        ),
        _merge_subject_into_id,
        *(partial(_repeat_member, name, True) for name in SNS_SIGNED_FIELDS),
    ),
    valid_mutations=(
        _encode_message_again,
        *(partial(_repeat_member, name, False) for name in SNS_SIGNED_FIELDS),
    ),
    invalid_digests=(),
    weight=0.3,
)
CERTIFICATE_SCHEMES = (
    SignatureScheme(
        name="paypal",
        build_delivery=build_paypal_delivery,
        proof_parts=(HeaderPart("paypal-transmission-sig"),),
        signed_parts=(
            HeaderPart("paypal-transmission-id"),
            HeaderPart("paypal-transmission-time"),
            HeaderPart(PAYPAL_URL_HEADER),
            HeaderPart("paypal-auth-algo"),
            BodyPart(),
        ),
        unsigned_parts=(UrlPart(), QueryPart()),
        invalid_mutations=(
            _sign_with_other_certificate,
            partial(
                _replace_certificate_url,
                "",
                _list_lookalike_urls(PAYPAL_CERTIFICATE_URL.format(GENUINE_CERTIFICATE_ID)),
            ),
        ),
        invalid_digests=(),
        weight=0.3,
    ),
    SNS_SCHEME,
    replace(SNS_SCHEME, name="ses-sns/1", build_delivery=partial(build_sns_delivery, version="1")),
)
