"""Verify Amazon SNS signatures: RSA over the message fields, with Amazon's certificate, for configured topics only.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from regulars.channels.contract import Request
from regulars.channels.signatures.shared_secret import decode_base64
from regulars.domain.errors import SignatureError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

NOTIFICATION_TYPE = "Notification"
CONFIRMATION_TYPE = "SubscriptionConfirmation"
UNSUBSCRIBE_TYPE = "UnsubscribeConfirmation"
_SIGNED_FIELDS = {
    NOTIFICATION_TYPE: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION_TYPE: (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
}
_SIGNED_FIELDS[UNSUBSCRIBE_TYPE] = _SIGNED_FIELDS[CONFIRMATION_TYPE]
_OPTIONAL_FIELD = "Subject"
_HOST_PATTERN = r"https://sns\.[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE_URL = re.compile(_HOST_PATTERN + r"/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem")
_SUBSCRIBE_URL = re.compile(_HOST_PATTERN + r"/\?[A-Za-z0-9=&:%._~-]+")


def verify_sns_message(message: dict[str, Any], request: Request) -> None:
    """Raise SignatureError unless Amazon signed the message for one of the source's topics.

    Every customer of Amazon can let SNS sign a message. Only the topic proves that it is for this source. The topic and
    the URL of the certificate are checked before anything is fetched.
    """
    if not message.get("Signature"):
        raise SignatureError("missing")
    if _read_text(message, "TopicArn") not in list_topics(request):
        raise SignatureError("topic")
    url = _read_text(message, "SigningCertURL")
    if not _CERTIFICATE_URL.fullmatch(url) or request.certificates is None:
        raise SignatureError("cert_url")
    signature, signed_message = (
        decode_base64(_read_text(message, "Signature")),
        _build_signed_message(message),
    )
    _check_signature(
        request.certificates(url),
        signature,
        signed_message,
        _read_text(message, "SignatureVersion"),
    )


def read_subscribe_url(message: dict[str, Any]) -> str:
    """Return the URL that confirms a verified subscription; raise SignatureError if it does anything else."""
    url = _read_text(message, "SubscribeURL")
    if not _SUBSCRIBE_URL.fullmatch(url):
        raise SignatureError("subscribe_url")
    parameters = parse_qs(urlsplit(url).query)
    if parameters.get("Action") != ["ConfirmSubscription"] or parameters.get("TopicArn") != [
        message["TopicArn"]
    ]:
        raise SignatureError("subscribe_url")
    return url


def list_topics(request: Request) -> list[str]:
    """Return the topics of the source's config."""
    topic_arns = request.config.get("topic_arns")
    topics = topic_arns if isinstance(topic_arns, list) else [topic_arns]
    return [topic for topic in topics if isinstance(topic, str) and topic]


def _build_signed_message(message: dict[str, Any]) -> bytes:
    """Return name and value of every signed field, each on a line, in the order of the names."""
    names = _SIGNED_FIELDS.get(_read_text(message, "Type"))
    if names is None:
        raise SignatureError("malformed")
    lines: list[str] = []
    for name in names:
        value = message.get(name)
        # Only the message may contain line breaks. In another field, a line break could forge the next field.
        if isinstance(value, str) and ("\n" not in value or name == "Message"):
            lines += (name, value)
        elif name != _OPTIONAL_FIELD or value is not None:
            raise SignatureError("malformed")
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _read_text(message: dict[str, Any], name: str) -> str:
    value = message.get(name)
    return value if isinstance(value, str) else ""


def _check_signature(
    certificate: bytes, signature: bytes, signed_message: bytes, version: str
) -> None:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415

    digest = _select_digest(version)
    try:
        _load_public_key(certificate).verify(signature, signed_message, PKCS1v15(), digest)
    except InvalidSignature:
        raise SignatureError("signature") from None


def _select_digest(version: str) -> "HashAlgorithm":
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415

    # Version 1 is SHA-1, which SNS uses unless a topic is set to version 2.
    digests = {"1": hashes.SHA1, "2": hashes.SHA256}
    if version not in digests:
        raise SignatureError("scheme")
    return digests[version]()


@lru_cache(maxsize=8)
def _load_public_key(certificate: bytes) -> "RSAPublicKey":
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415

    try:
        key = load_pem_x509_certificate(certificate).public_key()
    except ValueError:
        raise SignatureError("cert_url") from None
    if not isinstance(key, RSAPublicKey):
        raise SignatureError("cert_url")
    return key
