"""The schemes with a certificate, which somebody else could show from an address that looks alike."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial
from random import Random
from zlib import crc32

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.conformance.mutations.delivery_parts import Address, Body, Header, Member, Query
from tests.conformance.mutations.schemes.contract import (
    Key,
    Scheme,
    base64_of,
    body,
    token,
    told,
)
from tests.conformance.mutations.signed_delivery import NOW, Delivery

PAYPALS = "https://api.paypal.com/v1/notifications/certs/CERT-{}"
AMAZONS = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-{}.pem"
GENUINE, OTHER = "360caa42", "99999999"
SIGNED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")


@cache
def certified(whose: str) -> tuple[rsa.RSAPrivateKey, bytes]:
    """A key and its certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"{whose}.example.com")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=9))
    return key, builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def paypal(random: Random, key: Key, at: datetime, number: str = GENUINE) -> Delivery:
    """The ids of transmission and webhook, the time, and the body's checksum."""
    text, transmission, time = body(random), token(random), at.isoformat()
    message = f"{transmission}|{time}|{key.secret}|{crc32(text)}".encode()
    raw = certified(number)[0].sign(message, padding.PKCS1v15(), hashes.SHA256())
    said = {"id": transmission, "time": time, "sig": base64_of(raw)}
    headers = {f"paypal-transmission-{name}": value for name, value in said.items()}
    headers |= {"paypal-cert-url": PAYPALS.format(GENUINE), "paypal-auth-algo": "SHA256withRSA"}
    certificates = {PAYPALS.format(each): certified(each)[1] for each in (GENUINE, OTHER)}
    return Delivery("paypal", text, headers, certificates=certificates)


def sns(random: Random, key: Key, at: datetime, version: str = "2") -> Delivery:
    """Some fields of the message; the topic stands for a secret."""
    message = {
        "Type": "Notification",
        "MessageId": token(random),
        "TopicArn": key.secret,
        "Subject": "What became of it?",
        "Message": json.dumps(told(random)),
        "Timestamp": at.isoformat(),
    }
    text = "".join(f"{name}\n{message[name]}\n" for name in SIGNED)
    digest = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303 (SNS's own choice)
    raw = certified(GENUINE)[0].sign(text.encode(), padding.PKCS1v15(), digest)
    message |= {"Signature": base64_of(raw), "SignatureVersion": version}
    message |= {"SigningCertURL": AMAZONS.format(GENUINE), "UnsubscribeURL": "https://a.example/"}
    certificates = {AMAZONS.format(each): certified(each)[1] for each in (GENUINE, OTHER)}
    return Delivery("ses-sns", json.dumps(message).encode(), certificates=certificates)


def topic(random: Random) -> Key:
    """A topic of the shop's."""
    return Key(f"arn:aws:sns:eu-central-1:123456789012:{token(random)}")


def _by_another(random: Random, sent: Delivery) -> Delivery:
    """By whoever has another certificate of the provider's."""
    key = Key(sent.live[0])
    return replace(paypal(random, key, NOW, OTHER), live=sent.live, now=sent.now)


def _certified_by(member: str, urls: tuple[str, ...], random: Random, sent: Delivery) -> Delivery:
    """Another address of the certificate, which shows the very same one to who would fetch it."""
    url, headers, text = random.choice(urls), sent.headers, sent.body
    if member:
        text = Member(member).write(sent, url).body
    else:
        headers = headers | {"paypal-cert-url": url}
    shown = sent.certificates | {url: certified(GENUINE)[1]}
    return replace(sent, headers=headers, body=text, certificates=shown)


def _look_alikes(genuine: str) -> tuple[str, ...]:
    host = genuine.split("/")[2]
    changes = (
        f"{host}.evil.example",
        f"{host}@evil.example",
        f"evil.example/{host}",
        f"{host}:8443",
        f"x{host}",
        host.replace(".", "-", 1),
        f"evil.example#{host}",
        f"{host}\\@evil.example",
    )
    urls = tuple(genuine.replace(host, each) for each in changes)
    return (
        *urls,
        genuine.replace("https", "http"),
        f"{genuine}?x",
        f"{genuine}\n",
        f"{genuine}/../x",
    )


def _folded(_random: Random, sent: Delivery) -> Delivery:
    """What was the subject becomes the end of the id, in the very same lines."""
    message = json.loads(sent.body)
    message["MessageId"] += f"\nSubject\n{message.pop('Subject')}"
    return replace(sent, body=json.dumps(message).encode())


def _rewritten(random: Random, sent: Delivery) -> Delivery:
    """The same message in another order and spelling."""
    items = list(json.loads(sent.body).items())
    random.shuffle(items)
    return replace(sent, body=json.dumps(dict(items), indent=random.choice((None, 1))).encode())


def _said_twice(name: str, is_last: bool, random: Random, sent: Delivery) -> Delivery:
    """A field twice, of which the last one is read."""
    extra = f"{json.dumps(name)}:{json.dumps(token(random))}".encode()
    inner = sent.body.strip()[1:-1]
    return replace(
        sent, body=b"{" + (inner + b"," + extra if is_last else extra + b"," + inner) + b"}"
    )


AMAZON = Scheme(
    "ses-sns",
    sns,
    (Member("Signature"),),
    (*map(Member, SIGNED), Member("SignatureVersion"), Member("SigningCertURL")),
    (Member("UnsubscribeURL"), Address(), Query()),
    fresh=topic,
    forging=(
        partial(_certified_by, "SigningCertURL", _look_alikes(AMAZONS.format(GENUINE))),
        _folded,
        *(partial(_said_twice, name, True) for name in SIGNED),
    ),
    harmless=(_rewritten, *(partial(_said_twice, name, False) for name in SIGNED)),
    wrong=(),
    share=0.3,
)
CERTIFIED = (
    Scheme(
        "paypal",
        paypal,
        (Header("paypal-transmission-sig"),),
        (
            *map(Header, ("paypal-transmission-id", "paypal-transmission-time")),
            *map(Header, ("paypal-cert-url", "paypal-auth-algo")),
            Body(),
        ),
        (Address(), Query()),
        forging=(_by_another, partial(_certified_by, "", _look_alikes(PAYPALS.format(GENUINE)))),
        wrong=(),
        share=0.3,
    ),
    AMAZON,
    replace(AMAZON, name="ses-sns/1", made=partial(sns, version="1")),
)
