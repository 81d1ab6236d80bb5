"""The schemes of WeChat and WeCom: the query signs an envelope that is encrypted for one account."""

import base64
import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from tests.conformance.mutations.delivery_parts import (
    BodyPart,
    ParameterPart,
    UrlPart,
    XmlElementPart,
)
from tests.conformance.mutations.schemes.contract import SignatureScheme
from tests.conformance.mutations.schemes.request_mutations import encode_query
from tests.conformance.mutations.schemes.signing import (
    SigningKey,
    encode_base64,
    format_epoch,
    generate_message,
    generate_token,
)
from tests.conformance.mutations.signed_delivery import SignedDelivery

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ACCOUNT_ID = "wx-of-ours"
FOREIGN_ACCOUNT_ID = "wx-of-others"
SOURCE_CONFIG = {"encoding_aes_key": AES_KEY, "app_id": ACCOUNT_ID}
ENVELOPE_TIME_WINDOW = (timedelta(seconds=600), timedelta(seconds=600))
BODY_PLACEHOLDER = b"BODY"
INVALID_ENVELOPES = (
    b"<xml><A>1</A></xml>",
    b"",
    b'<!DOCTYPE a [<!ENTITY b "c">]>BODY',
    b"<xml>BODY</xml>",
)


def build_encrypted_delivery(
    channel: str, random: Random, key: SigningKey, at: datetime, account_id: str = ACCOUNT_ID
) -> SignedDelivery:
    """Encrypt an envelope for an account, and sign its text, the time and a nonce."""
    text = f"<xml><A>{generate_message(random)['id']}</A></xml>".encode()
    time, nonce = format_epoch(at), generate_token(random)[:12]
    encrypted = _encrypt(random.randbytes(16), text, account_id)
    query = {
        "msg_signature": hash_parts(key.secret, time, nonce, encrypted),
        "signature": hash_parts(key.secret, time, nonce),
        "timestamp": time,
        "nonce": nonce,
        "openid": "o",
    }
    envelope = f"<ToUserName><![CDATA[us]]></ToUserName><Encrypt>{encrypted}</Encrypt>"
    return SignedDelivery(
        channel=channel,
        body=f"<xml>{envelope}</xml>".encode(),
        headers={"content-type": "text/xml"},
        query=urlencode(query),
        config=SOURCE_CONFIG,
    )


def hash_parts(*parts: str) -> str:
    """Return the SHA-1 of the sorted and joined parts, as hexadecimal."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 (WeChat's own)


def _encrypt(prefix: bytes, text: bytes, account_id: str) -> str:
    plaintext = prefix + len(text).to_bytes(4, "big") + text + account_id.encode()
    padding_length = 32 - len(plaintext) % 32
    key = base64.b64decode(AES_KEY + "=")
    encryptor = Cipher(AES(key), CBC(key[:16])).encryptor()
    padded = plaintext + bytes([padding_length]) * padding_length
    return encode_base64(encryptor.update(padded) + encryptor.finalize())


def build_plain_delivery(random: Random, key: SigningKey, at: datetime) -> SignedDelivery:
    """Build a delivery in WeChat's plain mode, which signs the time and the nonce only."""
    return replace(build_encrypted_delivery("wechat", random, key, at), config={})


def _replace_envelope(template: bytes, _random: Random, delivery: SignedDelivery) -> SignedDelivery:
    return replace(delivery, body=template.replace(BODY_PLACEHOLDER, delivery.body))


def _encrypt_for_another_account(
    channel: str, random: Random, delivery: SignedDelivery
) -> SignedDelivery:
    key = SigningKey(delivery.secrets[0])
    forged = build_encrypted_delivery(channel, random, key, delivery.now, FOREIGN_ACCOUNT_ID)
    return replace(forged, secrets=delivery.secrets, now=delivery.now)


def build_envelope_scheme(channel: str) -> SignatureScheme:
    """Return the scheme of the encrypted envelopes of WeChat or WeCom."""
    return SignatureScheme(
        name=channel,
        build_delivery=partial(build_encrypted_delivery, channel),
        proof_parts=(ParameterPart("msg_signature"),),
        signed_parts=(
            ParameterPart("timestamp"),
            ParameterPart("nonce"),
            XmlElementPart("Encrypt"),
        ),
        unsigned_parts=(
            ParameterPart("openid"),
            ParameterPart("signature"),
            XmlElementPart("ToUserName"),
            UrlPart(),
        ),
        time_window=ENVELOPE_TIME_WINDOW,
        invalid_mutations=(
            partial(_encrypt_for_another_account, channel),
            *(partial(_replace_envelope, template) for template in INVALID_ENVELOPES),
        ),
        valid_mutations=(encode_query,),
        invalid_digests=(),
    )


ENVELOPE_SCHEMES = (
    *map(build_envelope_scheme, ("wechat", "wecom")),
    SignatureScheme(
        name="wechat/plain",
        build_delivery=build_plain_delivery,
        proof_parts=(ParameterPart("signature"),),
        signed_parts=(ParameterPart("timestamp"), ParameterPart("nonce")),
        unsigned_parts=(ParameterPart("openid"), BodyPart(), UrlPart()),
        time_window=ENVELOPE_TIME_WINDOW,
        valid_mutations=(encode_query,),
        invalid_digests=(),
    ),
)
