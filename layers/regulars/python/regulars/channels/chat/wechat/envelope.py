"""Verify and decrypt WeChat envelopes: flat XML, signed with a token and encrypted with AES for one account.

https://developers.weixin.qq.com/doc/oplatform/en/Third-party_Platforms/2.0/api/Before_Develop/Technical_Plan.html
"""

import base64
import binascii
import hashlib
import re
import secrets as randomness
from collections.abc import Sequence
from datetime import datetime
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import msgspec

from regulars.channels.contract import Request
from regulars.channels.signatures.shared_secret import check_equal
from regulars.domain.errors import InvalidRequestError, SignatureError

# WeChat gives up within a quarter of a minute, so that an older signature is somebody else's.
TOLERANCE_SECONDS = 600
KEY_CONFIG, ACCOUNT_CONFIG = "encoding_aes_key", "app_id"
# One that never ends is the rest of the text, so that each character is looked at once.
_CDATA = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_HEAD = re.compile(r"<\?xml\s[^<>]*\?>")
_SECONDS = re.compile(r"[0-9]{1,12}")
_KEY_BYTES, _BLOCK, _IV = 32, 32, 16
_RANDOM, _LENGTH = 16, 4  # what stands before the text


def fields_of(text: bytes) -> dict[str, str]:
    """The fields of an envelope or of what was in it.

    InvalidRequestError(invalid_xml) for what is none, and for whatever declares a type or an entity: before anything
    is parsed, since a declaration may grow without end or read a file of ours. Nor may it hold an instruction, which could
    pass a declaration off as the words of a message.
    """
    try:
        said = text.decode()
        marked = _CDATA.sub("", _HEAD.sub("", said, 1))
        if "<!" in marked or "<?" in marked:
            raise InvalidRequestError("XML with declarations is refused.", "invalid_xml")
        root = ET.fromstring(said)  # noqa: S314 (there is nothing left in it that could do harm)
    except (UnicodeDecodeError, ValueError, ET.ParseError):
        raise InvalidRequestError("The body is not XML.", "invalid_xml") from None
    return {child.tag: (child.text or "").strip() for child in root}


def check_signature(
    request: Request, tokens: Sequence[str], now: datetime, name: str, sealed: str = ""
) -> None:
    """SHA-1 over the sorted token, time, nonce and what is sealed, by any live token; no older than minutes."""
    parts = [request.query.get("timestamp", ""), request.query.get("nonce", "")]
    parts += [sealed] if sealed else []
    wanted = [signature_of(token, *parts).encode() for token in tokens]
    check_equal(request.query.get(name, ""), wanted)
    is_time = _SECONDS.fullmatch(parts[0])
    if not is_time or abs(now.timestamp() - int(parts[0])) > TOLERANCE_SECONDS:
        raise SignatureError("timestamp")


def signature_of(*parts: str) -> str:
    """The signature of a token and what it vouches for."""
    joined = "".join(sorted(parts)).encode("utf-8", "replace")
    return hashlib.sha1(joined).hexdigest()  # noqa: S324 (WeChat signs with nothing else)


def is_sealed(request: Request) -> bool:
    """Whether the source was set up for sealed envelopes."""
    return bool(_keys(request))


def opened(request: Request, sealed: str) -> bytes:
    """What is sealed, by any of the keys set up; SignatureError(payload) for rubbish, (appid) for another account's."""
    account = str(request.config.get(ACCOUNT_CONFIG) or "")
    found = [_opened(key, sealed) for key in _keys(request)]
    texts = [each for each in found if each is not None]
    for text, whose in texts:
        if account and whose == account.encode():
            return text
    raise SignatureError("appid" if texts else "payload")


def sealed_request(blank: Request, token: str, text: str, account: str) -> Request:
    """A genuine delivery of this text, sealed as WeChat would; without a key it is not."""
    time, nonce = str(int(blank.received_at.timestamp())), randomness.token_hex(8)
    query = {"timestamp": time, "nonce": nonce, "signature": signature_of(token, time, nonce)}
    if is_sealed(blank):
        key = _key(_keys(blank)[0])
        sealed = base64.b64encode(_sealed(key, text.encode(), account.encode())).decode()
        query |= {
            "encrypt_type": "aes",
            "msg_signature": signature_of(token, time, nonce, sealed),
        }
        text = f"<xml><Encrypt>{escape(sealed)}</Encrypt></xml>"
    headers = {"content-type": "text/xml"}
    return msgspec.structs.replace(blank, body=text.encode(), headers=headers, query=query)


def _keys(request: Request) -> list[str]:
    """The keys set up, newest first: while one is changed, two, with a comma between."""
    said = str(request.config.get(KEY_CONFIG) or "")
    return [key.strip() for key in said.split(",") if key.strip()]


def _opened(encoded: str, sealed: str) -> tuple[bytes, bytes] | None:
    """The text and the account it was sealed for; None when it is not sealed with this key."""
    # Imported by the few whose envelopes are sealed.
    from cryptography.hazmat.primitives.ciphers import Cipher  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.algorithms import AES  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.modes import CBC  # noqa: PLC0415

    try:
        key = _key(encoded)
        decryptor = Cipher(AES(key), CBC(key[:_IV])).decryptor()
        plain = decryptor.update(base64.b64decode(sealed, validate=True)) + decryptor.finalize()
    except ValueError:  # binascii.Error is one
        return None
    padding = plain[-1] if plain else 0
    start = _RANDOM + _LENGTH
    end = start + int.from_bytes(plain[_RANDOM:start], "big")
    if not 0 < padding <= _BLOCK or end > len(plain) - padding:
        return None
    return plain[start:end], plain[end:-padding]


def _sealed(key: bytes, text: bytes, account: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.algorithms import AES  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.modes import CBC  # noqa: PLC0415

    head = randomness.token_bytes(_RANDOM) + len(text).to_bytes(_LENGTH, "big")
    plain = head + text + account
    padding = _BLOCK - len(plain) % _BLOCK
    encryptor = Cipher(AES(key), CBC(key[:_IV])).encryptor()
    return encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()


def _key(encoded: str) -> bytes:
    """The AES key of an EncodingAESKey, which is base64 without its last sign; ValueError when it is none."""
    key = base64.b64decode(encoded + "=", validate=True)
    if len(key) != _KEY_BYTES:
        raise binascii.Error("An EncodingAESKey has 43 characters.")
    return key
