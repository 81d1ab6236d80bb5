"""The schemes of WeChat and WeCom, whose envelopes are signed in the query and sealed for one account."""

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

from tests.conformance.mutations.delivery_parts import Address, Body, Element, Parameter
from tests.conformance.mutations.schemes.contract import (
    Key,
    Scheme,
    base64_of,
    epoch,
    token,
    told,
)
from tests.conformance.mutations.signed_delivery import Delivery

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ACCOUNT = "wx-of-ours"
CONFIG = {"encoding_aes_key": AES_KEY, "app_id": ACCOUNT}
WINDOW = (timedelta(seconds=600), timedelta(seconds=600))


def sorted_hash(*parts: str) -> str:
    """SHA-1 of what was sorted and joined."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 (WeChat's own)


def sealed(
    channel: str, random: Random, key: Key, at: datetime, account: str = ACCOUNT
) -> Delivery:
    """An envelope for an account, and the signature over its text, time and nonce."""
    text, time, nonce = (
        f"<xml><A>{told(random)['id']}</A></xml>".encode(),
        epoch(at),
        token(random)[:12],
    )
    plain = random.randbytes(16) + len(text).to_bytes(4, "big") + text + account.encode()
    padding = 32 - len(plain) % 32
    raw = base64.b64decode(AES_KEY + "=")
    encryptor = Cipher(AES(raw), CBC(raw[:16])).encryptor()
    closed = base64_of(encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize())
    query = {
        "msg_signature": sorted_hash(key.secret, time, nonce, closed),
        "signature": sorted_hash(key.secret, time, nonce),
        "timestamp": time,
        "nonce": nonce,
        "openid": "o",
    }
    envelope = (
        f"<xml><ToUserName><![CDATA[us]]></ToUserName><Encrypt>{closed}</Encrypt></xml>".encode()
    )
    headers = {"content-type": "text/xml"}
    return Delivery(channel, envelope, headers, urlencode(query), config=CONFIG)


def plain(random: Random, key: Key, at: datetime) -> Delivery:
    """WeChat's plain mode, in which only time and nonce are signed."""
    sent = sealed("wechat", random, key, at)
    return replace(sent, config={})


def respelt_query(random: Random, sent: Delivery) -> Delivery:
    """The parameters in another order, and their characters escaped."""
    pairs = [pair.partition("=") for pair in sent.query.split("&")]
    random.shuffle(pairs)
    escaped = ("".join(f"%{ord(each):02X}" for each in value) for _, _, value in pairs)
    return replace(
        sent,
        query="&".join(f"{name}={text}" for (name, _, _), text in zip(pairs, escaped, strict=True)),
    )


def _envelope(text: bytes, _random: Random, sent: Delivery) -> Delivery:
    return replace(sent, body=text.replace(b"BODY", sent.body))


def _of_another(channel: str, random: Random, sent: Delivery) -> Delivery:
    """Sealed for somebody else's account."""
    other = sealed(channel, random, Key(sent.live[0]), sent.now, "wx-of-others")
    return replace(other, live=sent.live, now=sent.now)


def envelopes(channel: str) -> Scheme:
    """WeChat's and WeCom's sealed envelopes."""
    names = ("timestamp", "nonce")
    bodies = (
        b"<xml><A>1</A></xml>",
        b"",
        b'<!DOCTYPE a [<!ENTITY b "c">]>BODY',
        b"<xml>BODY</xml>",
    )
    return Scheme(
        channel,
        partial(sealed, channel),
        (Parameter("msg_signature"),),
        (*map(Parameter, names), Element("Encrypt")),
        (Parameter("openid"), Parameter("signature"), Element("ToUserName"), Address()),
        window=WINDOW,
        forging=(partial(_of_another, channel), *(partial(_envelope, each) for each in bodies)),
        harmless=(respelt_query,),
        wrong=(),
    )


SEALED = (
    *map(envelopes, ("wechat", "wecom")),
    Scheme(
        "wechat/plain",
        plain,
        (Parameter("signature"),),
        (Parameter("timestamp"), Parameter("nonce")),
        (Parameter("openid"), Body(), Address()),
        window=WINDOW,
        harmless=(respelt_query,),
        wrong=(),
    ),
)
