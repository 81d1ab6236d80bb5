"""The schemes with a key pair: a message may have a second valid signature, which must not allow a changed message."""

import base64
from dataclasses import replace
from datetime import datetime
from random import Random

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from tests.conformance.mutations.delivery_parts import BodyPart, HeaderPart, QueryPart, UrlPart
from tests.conformance.mutations.schemes.body_hmac import build_standard_delivery
from tests.conformance.mutations.schemes.contract import DEFAULT_TIME_WINDOW, SignatureScheme
from tests.conformance.mutations.schemes.signing import (
    SigningKey,
    encode_base64,
    format_epoch,
    generate_body,
)
from tests.conformance.mutations.signed_delivery import SignedDelivery

SENDGRID_SIGNATURE_HEADER = "x-twilio-email-event-webhook-signature"
SENDGRID_TIME_HEADER = "x-twilio-email-event-webhook-timestamp"
STANDARD_SIGNATURE_HEADER = "webhook-signature"
ED25519_GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
P256_GROUP_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def build_sendgrid_delivery(random: Random, key: SigningKey, at: datetime) -> SignedDelivery:
    """Sign the time and the body with ECDSA."""
    body, time = generate_body(random), format_epoch(at)
    raw = key.private_key.sign(time.encode() + body, ec.ECDSA(hashes.SHA256()))
    headers = {SENDGRID_SIGNATURE_HEADER: encode_base64(raw), SENDGRID_TIME_HEADER: time}
    return SignedDelivery(channel="sendgrid", body=body, headers=headers)


def generate_ecdsa_key(random: Random) -> SigningKey:
    """Return a key pair with its public key in the format of SendGrid."""
    private_key = ec.derive_private_key(random.getrandbits(200) + 1, ec.SECP256R1())
    public_format = serialization.PublicFormat.SubjectPublicKeyInfo
    raw = private_key.public_key().public_bytes(serialization.Encoding.DER, public_format)
    return SigningKey(encode_base64(raw), private_key)


def build_ed25519_delivery(random: Random, key: SigningKey, at: datetime) -> SignedDelivery:
    """Sign a delivery of Standard Webhooks with a key pair."""

    def sign(message: bytes) -> str:
        return f"v1a,{encode_base64(key.private_key.sign(message))}"

    return build_standard_delivery(
        ("standard-webhooks", "webhook"), generate_body(random), at, sign
    )


def generate_ed25519_key(random: Random) -> SigningKey:
    """Return a key pair with its public key in the format of Standard Webhooks."""
    private_key = ed25519.Ed25519PrivateKey.from_private_bytes(random.randbytes(32))
    public_bytes = private_key.public_key().public_bytes_raw()
    return SigningKey(f"whpk_{encode_base64(public_bytes)}", private_key)


def _add_group_order(_random: Random, delivery: SignedDelivery) -> SignedDelivery:
    """Add the order of the group to the scalar of the signature. Its point stays the same."""
    signature = delivery.headers[STANDARD_SIGNATURE_HEADER]
    raw = base64.b64decode(signature.removeprefix("v1a,"))
    scalar = (int.from_bytes(raw[32:], "little") + ED25519_GROUP_ORDER) % 2**256
    signature = f"v1a,{encode_base64(raw[:32] + scalar.to_bytes(32, 'little'))}"
    return replace(delivery, headers=delivery.headers | {STANDARD_SIGNATURE_HEADER: signature})


def _append_bytes(random: Random, delivery: SignedDelivery) -> SignedDelivery:
    """Append bytes to the numbers of the signature."""
    raw = base64.b64decode(delivery.headers[SENDGRID_SIGNATURE_HEADER])
    signature = encode_base64(raw + random.randbytes(random.randint(1, 4)))
    return replace(delivery, headers=delivery.headers | {SENDGRID_SIGNATURE_HEADER: signature})


def _use_second_signature(_random: Random, delivery: SignedDelivery) -> SignedDelivery:
    """Use the other valid ECDSA signature of the same message. It changes nothing that is signed."""
    raw = base64.b64decode(delivery.headers[SENDGRID_SIGNATURE_HEADER])
    r, s = decode_dss_signature(raw)
    signature = encode_base64(encode_dss_signature(r, P256_GROUP_ORDER - s))
    return replace(delivery, headers=delivery.headers | {SENDGRID_SIGNATURE_HEADER: signature})


KEY_PAIR_SCHEMES = (
    SignatureScheme(
        name="sendgrid",
        build_delivery=build_sendgrid_delivery,
        proof_parts=(HeaderPart(SENDGRID_SIGNATURE_HEADER),),
        signed_parts=(HeaderPart(SENDGRID_TIME_HEADER), BodyPart()),
        unsigned_parts=(UrlPart(), QueryPart()),
        generate_key=generate_ecdsa_key,
        invalid_mutations=(_append_bytes,),
        valid_mutations=(_use_second_signature,),
        invalid_digests=(),
        weight=0.3,
    ),
    SignatureScheme(
        name="standard-webhooks/key pair",
        build_delivery=build_ed25519_delivery,
        proof_parts=(HeaderPart(STANDARD_SIGNATURE_HEADER),),
        signed_parts=(HeaderPart("webhook-id"), HeaderPart("webhook-timestamp"), BodyPart()),
        unsigned_parts=(UrlPart(), QueryPart()),
        generate_key=generate_ed25519_key,
        time_window=DEFAULT_TIME_WINDOW,
        invalid_mutations=(_add_group_order,),
        invalid_digests=(),
        weight=0.3,
    ),
)
