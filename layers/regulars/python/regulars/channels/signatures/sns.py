"""Verify Amazon SNS signatures: RSA over the message fields, with Amazon's certificate, for configured topics only.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from regulars.channels.contract import Request
from regulars.channels.signatures.shared_secret import decoded
from regulars.domain.errors import SignatureError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

NOTIFICATION = "Notification"
CONFIRMATION = "SubscriptionConfirmation"
ENDED = "UnsubscribeConfirmation"
_SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
}
_SIGNED[ENDED] = _SIGNED[CONFIRMATION]
_OPTIONAL = "Subject"
_HOST = r"https://sns\.[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE = re.compile(_HOST + r"/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem")
_SUBSCRIBE = re.compile(_HOST + r"/\?[A-Za-z0-9=&:%._~-]+")


def verify_sns(message: dict[str, Any], request: Request) -> None:
    """SignatureError unless Amazon signed the message for one of the source's topics.

    Every customer of Amazon can have SNS sign something: only the topic says that it is ours. It and the certificate's
    URL are looked at before anything is fetched.
    """
    if not message.get("Signature"):
        raise SignatureError("missing")
    if _text(message, "TopicArn") not in topics_of(request):
        raise SignatureError("topic")
    url = _text(message, "SigningCertURL")
    if not _CERTIFICATE.fullmatch(url) or request.certificates is None:
        raise SignatureError("cert_url")
    signature, signed = decoded(_text(message, "Signature")), _canonical(message)
    _check(request.certificates(url), signature, signed, _text(message, "SignatureVersion"))


def subscribe_url(message: dict[str, Any]) -> str:
    """The URL that confirms a verified subscription; SignatureError when it does anything else."""
    url = _text(message, "SubscribeURL")
    if not _SUBSCRIBE.fullmatch(url):
        raise SignatureError("subscribe_url")
    asked = parse_qs(urlsplit(url).query)
    if asked.get("Action") != ["ConfirmSubscription"] or asked.get("TopicArn") != [
        message["TopicArn"]
    ]:
        raise SignatureError("subscribe_url")
    return url


def topics_of(request: Request) -> list[str]:
    """The topics the source listens to, as set up."""
    told = request.config.get("topic_arns")
    listed = told if isinstance(told, list) else [told]
    return [topic for topic in listed if isinstance(topic, str) and topic]


def _canonical(message: dict[str, Any]) -> bytes:
    """Name and value of every signed field, each on a line, in the order of the names."""
    names = _SIGNED.get(_text(message, "Type"))
    if names is None:
        raise SignatureError("malformed")
    lines: list[str] = []
    for name in names:
        value = message.get(name)
        # Only the message holds line breaks: elsewhere one could pass the next field off as the end of this one.
        if isinstance(value, str) and ("\n" not in value or name == "Message"):
            lines += (name, value)
        elif name != _OPTIONAL or value is not None:
            raise SignatureError("malformed")
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _text(message: dict[str, Any], name: str) -> str:
    value = message.get(name)
    return value if isinstance(value, str) else ""


def _check(certificate: bytes, signature: bytes, signed: bytes, version: str) -> None:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415

    # Version 1 is SHA-1, which SNS still uses unless a topic is set to 2.
    digests = {"1": hashes.SHA1, "2": hashes.SHA256}
    if version not in digests:
        raise SignatureError("scheme")
    try:
        _public_key(certificate).verify(signature, signed, PKCS1v15(), digests[version]())
    except InvalidSignature:
        raise SignatureError("signature") from None


@lru_cache(maxsize=8)
def _public_key(certificate: bytes) -> "RSAPublicKey":
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415

    try:
        key = load_pem_x509_certificate(certificate).public_key()
    except ValueError:
        raise SignatureError("cert_url") from None
    if not isinstance(key, RSAPublicKey):
        raise SignatureError("cert_url")
    return key
