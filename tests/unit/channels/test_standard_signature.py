"""Test signatures of Standard Webhooks and Svix, which cover id, time and body of every attempt."""

import base64
import hashlib
import hmac
from datetime import timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from regulars.channels.contract import Request
from regulars.channels.signatures.standard import build_standard_sample, verify_standard
from regulars.domain.errors import SignatureError
from tests.support.deliveries import NOW, json_delivery

SECRET = "whsec_" + base64.b64encode(b"a key of our own, for tests").decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"another key of our own").decode()


def build_signed_request(
    request: Request | None = None, secret: str = SECRET, prefix: str = "webhook"
) -> Request:
    request = request or json_delivery({"type": "contact.created"})
    timestamp = str(int(NOW.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    message = f"msg_1.{timestamp}.".encode() + request.body
    signature = base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode()
    headers = {"id": "msg_1", "timestamp": timestamp, "signature": f"v1,{signature}"}
    signed_headers = {f"{prefix}-{name}": value for name, value in headers.items()}
    return msgspec.structs.replace(request, headers=request.headers | signed_headers)


def build_request_with_header(name: str, value: str) -> Request:
    request = build_signed_request()
    return msgspec.structs.replace(request, headers=request.headers | {f"webhook-{name}": value})


@pytest.mark.parametrize("prefix", ["webhook", "svix"])
@pytest.mark.parametrize(
    "secrets", [(SECRET,), (OTHER_SECRET, SECRET), (SECRET.removeprefix("whsec_"),)]
)
def test_delivery_is_verified_by_any_live_secret(prefix: str, secrets: tuple[str, ...]) -> None:
    verify_standard(build_signed_request(prefix=prefix), secrets, NOW)


@pytest.mark.parametrize("secret", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaR=", "whsec_abcdefgh"])
def test_secret_is_decoded_as_leniently_as_by_senders(secret: str) -> None:
    verify_standard(build_signed_request(secret=secret), (secret,), NOW)


def test_sample_is_verified() -> None:
    verify_standard(build_standard_sample(json_delivery({}), SECRET), (SECRET,), NOW)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("id", "", "missing"),
        ("id", "msg_2", "signature"),
        ("timestamp", "abc", "malformed"),
        ("timestamp", "-1", "malformed"),
        ("timestamp", "1795165209", "signature"),
        ("signature", "", "missing"),
        ("signature", "v1", "malformed"),
        ("signature", ",abc", "malformed"),
        ("signature", "v2,abc", "scheme"),
        ("signature", "v1a,abc", "scheme"),
        ("signature", "v1,abc", "signature"),
    ],
)
def test_header_is_rejected_with_its_reason(name: str, value: str, reason: str) -> None:
    with pytest.raises(SignatureError) as raised:
        verify_standard(build_request_with_header(name, value), (SECRET,), NOW)
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    ("seconds", "is_fresh"), [(300, True), (301, False), (-300, True), (-301, False)]
)
def test_signature_is_accepted_for_five_minutes(seconds: int, is_fresh: bool) -> None:
    now = NOW + timedelta(seconds=seconds)
    if is_fresh:
        verify_standard(build_signed_request(), (SECRET,), now)
        return
    with pytest.raises(SignatureError) as raised:
        verify_standard(build_signed_request(), (SECRET,), now)
    assert raised.value.reason == "timestamp"


@pytest.mark.parametrize("secret", ["whsec_", "whsec_!", "!", ""])
def test_delivery_is_rejected_when_the_secret_is_unusable(secret: str) -> None:
    forged = build_signed_request(secret="whsec_")
    with pytest.raises(SignatureError):
        verify_standard(forged, (secret,), NOW)


@pytest.mark.parametrize(("body", "is_genuine"), [(b"{}", True), (b"{ }", False)])
def test_signature_of_a_key_pair_is_verified(body: bytes, is_genuine: bool) -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = "whpk_" + base64.b64encode(private.public_key().public_bytes_raw()).decode()
    timestamp = str(int(NOW.timestamp()))
    signature = base64.b64encode(private.sign(f"msg_1.{timestamp}.".encode() + b"{}")).decode()
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    headers = dict(zip(names, ("msg_1", timestamp, f"v1,abc v1a,{signature}"), strict=True))
    request = Request(source="main", body=body, received_at=NOW, headers=headers)
    if is_genuine:
        verify_standard(request, (SECRET, public), NOW)
        return
    with pytest.raises(SignatureError):
        verify_standard(request, (SECRET, public), NOW)
