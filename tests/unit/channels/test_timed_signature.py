"""Test signatures over time and body: the secret, the age and the syntax of the header."""

from datetime import timedelta

import msgspec
import pytest

from regulars.channels.contract import Request
from regulars.channels.payments.paddle import webhook as paddle
from regulars.channels.payments.stripe import webhook as stripe
from regulars.channels.signatures.timed import (
    SignatureFormat,
    build_signature_headers,
    verify_timed,
)
from regulars.domain.errors import SignatureError
from tests.support.deliveries import NOW

FORMATS = [stripe.SIGNATURE_FORMAT, paddle.SIGNATURE_FORMAT]
BODY = b'{"a": 1}'


def build_delivery(signature_format: SignatureFormat) -> Request:
    return Request(
        source="main",
        body=BODY,
        received_at=NOW,
        headers=build_signature_headers("old", BODY, NOW, signature_format),
    )


@pytest.mark.parametrize("written", FORMATS)
@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_delivery_is_verified_within_the_tolerance(written: SignatureFormat, seconds: int) -> None:
    later = NOW + timedelta(seconds=seconds)
    verify_timed(build_delivery(written), ["new", "old"], later, written)


@pytest.mark.parametrize("written", FORMATS)
@pytest.mark.parametrize("seconds", [-301, 301])
def test_delivery_is_rejected_when_outside_the_tolerance(
    written: SignatureFormat, seconds: int
) -> None:
    with pytest.raises(SignatureError, match="timestamp"):
        verify_timed(build_delivery(written), ["old"], NOW + timedelta(seconds=seconds), written)


@pytest.mark.parametrize("written", FORMATS)
def test_delivery_is_rejected_when_the_body_is_changed(written: SignatureFormat) -> None:
    changed = msgspec.structs.replace(build_delivery(written), body=BODY + b" ")
    with pytest.raises(SignatureError, match="signature"):
        verify_timed(changed, ["old"], NOW, written)


@pytest.mark.parametrize("written", FORMATS)
def test_delivery_is_rejected_when_no_secret_is_live(written: SignatureFormat) -> None:
    with pytest.raises(SignatureError, match="signature"):
        verify_timed(build_delivery(written), [], NOW, written)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "missing"),
        ("nonsense", "malformed"),
        ("v1=00", "malformed"),
        ("t=now,v1=00", "malformed"),
        ("t=1,t=2,v1=00", "malformed"),
        ("t=1,,v1=00", "malformed"),
        ("t=\u0661,v1=00", "malformed"),
        ("t=1,v0=00", "scheme"),
        ("t=1,v1=00", "signature"),
        ("t=1,v1=\udcff", "malformed"),
        ("t=1,v1=00t=1", "malformed"),
    ],
)
def test_header_is_rejected_with_its_reason(header: str, reason: str) -> None:
    request = Request(
        source="main", body=BODY, received_at=NOW, headers={"stripe-signature": header}
    )
    with pytest.raises(SignatureError, match=f": {reason}"):
        verify_timed(request, ["old"], NOW, stripe.SIGNATURE_FORMAT)


@pytest.mark.parametrize("entry", ["v0=", "v2=ab+/==", "k=a.b"])
def test_signature_of_another_scheme_is_ignored(entry: str) -> None:
    genuine = build_delivery(stripe.SIGNATURE_FORMAT)
    header = {
        stripe.SIGNATURE_FORMAT.header: f"{genuine.headers[stripe.SIGNATURE_FORMAT.header]},{entry}"
    }
    verify_timed(
        msgspec.structs.replace(genuine, headers=header), ["old"], NOW, stripe.SIGNATURE_FORMAT
    )


def test_header_is_malformed_when_it_is_repeated() -> None:
    header = build_delivery(paddle.SIGNATURE_FORMAT).headers["paddle-signature"]
    request = Request(
        source="main",
        body=BODY,
        received_at=NOW,
        headers={"paddle-signature": f"{header},{header}"},
    )
    with pytest.raises(SignatureError, match="malformed"):
        verify_timed(request, ["old"], NOW, paddle.SIGNATURE_FORMAT)
