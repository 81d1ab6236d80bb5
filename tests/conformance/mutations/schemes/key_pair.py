"""The schemes with a key pair: a signature may have twins, and only one that changes nothing signed may pass."""

import base64
from dataclasses import replace
from datetime import datetime
from functools import partial
from random import Random

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from tests.conformance.mutations.delivery_parts import Address, Body, Header, Query
from tests.conformance.mutations.schemes.body_hmac import WINDOW, standard_delivery
from tests.conformance.mutations.schemes.contract import Key, Scheme, base64_of, body, epoch
from tests.conformance.mutations.signed_delivery import Delivery

SENDGRID = "x-twilio-email-event-webhook-{}"
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def sendgrid(random: Random, key: Key, at: datetime) -> Delivery:
    """The time and the body, on a curve."""
    text, time = body(random), epoch(at)
    raw = key.private.sign(time.encode() + text, ec.ECDSA(hashes.SHA256()))
    said = {"signature": base64_of(raw), "timestamp": time}
    return Delivery(
        "sendgrid", text, {SENDGRID.format(name): value for name, value in said.items()}
    )


def curve_key(random: Random) -> Key:
    """A key as SendGrid shows it."""
    private = ec.derive_private_key(random.getrandbits(200) + 1, ec.SECP256R1())
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    raw = private.public_key().public_bytes(serialization.Encoding.DER, form)
    return Key(base64_of(raw), private)


def standard(random: Random, key: Key, at: datetime) -> Delivery:
    """Standard Webhooks by a key pair."""

    def sign(message: bytes) -> str:
        return f"v1a,{base64_of(key.private.sign(message))}"

    return standard_delivery("standard-webhooks", "webhook", body(random), at, partial(sign))


def edwards_key(random: Random) -> Key:
    """A key as Standard Webhooks show it."""
    private = ed25519.Ed25519PrivateKey.from_private_bytes(random.randbytes(32))
    return Key(f"whpk_{base64_of(private.public_key().public_bytes_raw())}", private)


def _edwards_twin(_random: Random, sent: Delivery) -> Delivery:
    """The same point with its scalar once around the curve's order."""
    header = "webhook-signature"
    raw = base64.b64decode(sent.headers[header].removeprefix("v1a,"))
    scalar = (int.from_bytes(raw[32:], "little") + ED25519_ORDER) % 2**256
    said = f"v1a,{base64_of(raw[:32] + scalar.to_bytes(32, 'little'))}"
    return replace(sent, headers=sent.headers | {header: said})


def _longer(random: Random, sent: Delivery) -> Delivery:
    """The same numbers, with something behind them."""
    header = SENDGRID.format("signature")
    raw = base64.b64decode(sent.headers[header])
    said = base64_of(raw + random.randbytes(random.randint(1, 4)))
    return replace(sent, headers=sent.headers | {header: said})


def _curve_twin(_random: Random, sent: Delivery) -> Delivery:
    """The curve's other signature of the very same message: nothing that was signed is changed by it."""
    header = SENDGRID.format("signature")
    one, other = decode_dss_signature(base64.b64decode(sent.headers[header]))
    said = base64_of(encode_dss_signature(one, P256_ORDER - other))
    return replace(sent, headers=sent.headers | {header: said})


KEYED = (
    Scheme(
        "sendgrid",
        sendgrid,
        (Header(SENDGRID.format("signature")),),
        (Header(SENDGRID.format("timestamp")), Body()),
        (Address(), Query()),
        fresh=curve_key,
        forging=(_longer,),
        harmless=(_curve_twin,),
        wrong=(),
        share=0.3,
    ),
    Scheme(
        "standard-webhooks/key pair",
        standard,
        (Header("webhook-signature"),),
        (Header("webhook-id"), Header("webhook-timestamp"), Body()),
        (Address(), Query()),
        fresh=edwards_key,
        window=WINDOW,
        forging=(_edwards_twin,),
        wrong=(),
        share=0.3,
    ),
)
