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

# WeChat stops retrying within 15 seconds, so an older signature comes from another sender.
TOLERANCE_SECONDS = 600
KEY_CONFIG, ACCOUNT_CONFIG = "encoding_aes_key", "app_id"
# A section without an end extends to the end of the text, so that the pattern scans each character once.
_CDATA_PATTERN = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_XML_DECLARATION_PATTERN = re.compile(r"<\?xml\s[^<>]*\?>")
_SECONDS_PATTERN = re.compile(r"[0-9]{1,12}")
_KEY_BYTES, _BLOCK_BYTES, _IV_BYTES = 32, 32, 16
_RANDOM_BYTES, _LENGTH_BYTES = 16, 4  # the prefix of the text


def parse_xml_fields(text: bytes) -> dict[str, str]:
    """Return the fields of an envelope or of its decrypted text.

    Raise InvalidRequestError(invalid_xml) for invalid XML and for XML with a document type, an entity or a processing
    instruction. Check this before parsing: an entity can expand without limit or read a local file, and an instruction
    can disguise a declaration as the text of a message.
    """
    try:
        xml = text.decode()
        markup = _CDATA_PATTERN.sub("", _XML_DECLARATION_PATTERN.sub("", xml, 1))
        if "<!" in markup or "<?" in markup:
            raise InvalidRequestError("XML with declarations is not accepted.", "invalid_xml")
        root = ET.fromstring(xml)  # noqa: S314 (the check above excludes every declaration)
    except (UnicodeDecodeError, ValueError, ET.ParseError):
        raise InvalidRequestError("The body is not XML.", "invalid_xml") from None
    return {child.tag: (child.text or "").strip() for child in root}


def check_signature(
    request: Request, tokens: Sequence[str], now: datetime, name: str, encrypted: str = ""
) -> None:
    """Compare the SHA-1 of the sorted token, time, nonce and encrypted text under each live token, and check its age."""
    parts = [request.query.get("timestamp", ""), request.query.get("nonce", "")]
    parts += [encrypted] if encrypted else []
    signatures = [compute_signature(token, *parts).encode() for token in tokens]
    check_equal(request.query.get(name, ""), signatures)
    is_timestamp = _SECONDS_PATTERN.fullmatch(parts[0])
    if not is_timestamp or abs(now.timestamp() - int(parts[0])) > TOLERANCE_SECONDS:
        raise SignatureError("timestamp")


def compute_signature(*parts: str) -> str:
    """Return the hexadecimal SHA-1 of a token and the signed values."""
    joined = "".join(sorted(parts)).encode("utf-8", "replace")
    return hashlib.sha1(joined).hexdigest()  # noqa: S324 (WeChat supports no other digest)


def is_encrypted(request: Request) -> bool:
    """Return whether the source is configured for encrypted envelopes."""
    return bool(_list_keys(request))


def decrypt_envelope(request: Request, encrypted: str) -> bytes:
    """Return the decrypted text; raise SignatureError(payload) if no configured key fits, (appid) for another account."""
    account = str(request.config.get(ACCOUNT_CONFIG) or "")
    results = [_decrypt_text(key, encrypted) for key in _list_keys(request)]
    envelopes = [result for result in results if result is not None]
    for text, text_account in envelopes:
        if account and text_account == account.encode():
            return text
    raise SignatureError("appid" if envelopes else "payload")


def build_encrypted_request(blank: Request, token: str, text: str, account: str) -> Request:
    """Return a signed delivery of this text, encrypted as WeChat does if a key is configured."""
    time, nonce = str(int(blank.received_at.timestamp())), randomness.token_hex(8)
    query = {"timestamp": time, "nonce": nonce, "signature": compute_signature(token, time, nonce)}
    if is_encrypted(blank):
        key = _decode_key(_list_keys(blank)[0])
        encrypted = base64.b64encode(_encrypt_text(key, text.encode(), account.encode())).decode()
        query |= {
            "encrypt_type": "aes",
            "msg_signature": compute_signature(token, time, nonce, encrypted),
        }
        text = f"<xml><Encrypt>{escape(encrypted)}</Encrypt></xml>"
    headers = {"content-type": "text/xml"}
    return msgspec.structs.replace(blank, body=text.encode(), headers=headers, query=query)


def _list_keys(request: Request) -> list[str]:
    """Return the configured keys, newest first; there are two, separated by a comma, during a rotation."""
    keys = str(request.config.get(KEY_CONFIG) or "")
    return [key.strip() for key in keys.split(",") if key.strip()]


def _decrypt_text(encoded: str, encrypted: str) -> tuple[bytes, bytes] | None:
    """Return the text and its account; None if it is not encrypted with this key."""
    # Import on first use, because few sources have encrypted envelopes.
    from cryptography.hazmat.primitives.ciphers import Cipher  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.algorithms import AES  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.modes import CBC  # noqa: PLC0415

    try:
        key = _decode_key(encoded)
        decryptor = Cipher(AES(key), CBC(key[:_IV_BYTES])).decryptor()
        plain = decryptor.update(base64.b64decode(encrypted, validate=True)) + decryptor.finalize()
    except ValueError:  # includes binascii.Error
        return None
    return _unpack_text(plain)


def _unpack_text(plain: bytes) -> tuple[bytes, bytes] | None:
    """Return the text and its account, which follows it; None if the length or the padding is invalid."""
    padding = plain[-1] if plain else 0
    start = _RANDOM_BYTES + _LENGTH_BYTES
    end = start + int.from_bytes(plain[_RANDOM_BYTES:start], "big")
    if not 0 < padding <= _BLOCK_BYTES or end > len(plain) - padding:
        return None
    return plain[start:end], plain[end:-padding]


def _encrypt_text(key: bytes, text: bytes, account: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.algorithms import AES  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.modes import CBC  # noqa: PLC0415

    prefix = randomness.token_bytes(_RANDOM_BYTES) + len(text).to_bytes(_LENGTH_BYTES, "big")
    plain = prefix + text + account
    padding = _BLOCK_BYTES - len(plain) % _BLOCK_BYTES
    encryptor = Cipher(AES(key), CBC(key[:_IV_BYTES])).encryptor()
    return encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()


def _decode_key(encoded: str) -> bytes:
    """Return the AES key of an EncodingAESKey, which is base64 without padding; raise ValueError if it is invalid."""
    key = base64.b64decode(encoded + "=", validate=True)
    if len(key) != _KEY_BYTES:
        raise binascii.Error("An EncodingAESKey has 43 characters.")
    return key
