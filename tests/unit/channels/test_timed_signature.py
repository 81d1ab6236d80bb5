"""A signature over time and body: whose, how old, and written as it must be."""

from datetime import timedelta

import msgspec
import pytest

from regulars.channels.contract import Request
from regulars.channels.payments.paddle import webhook as paddle
from regulars.channels.payments.stripe import webhook as stripe
from regulars.channels.signatures.timed import Format, signed, verify_timed
from regulars.domain.errors import SignatureError
from tests.support.deliveries import NOW

FORMATS = [stripe.FORMAT, paddle.FORMAT]
BODY = b'{"a": 1}'


def delivery(written: Format) -> Request:
    return Request("main", BODY, NOW, signed("old", BODY, NOW, written))


@pytest.mark.parametrize("written", FORMATS)
@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_genuine_delivery_is_accepted_within_minutes(written: Format, seconds: int) -> None:
    later = NOW + timedelta(seconds=seconds)
    verify_timed(delivery(written), ["new", "old"], later, written)


@pytest.mark.parametrize("written", FORMATS)
@pytest.mark.parametrize("seconds", [-301, 301])
def test_genuine_delivery_is_refused_when_too_old_or_new(written: Format, seconds: int) -> None:
    with pytest.raises(SignatureError, match="timestamp"):
        verify_timed(delivery(written), ["old"], NOW + timedelta(seconds=seconds), written)


@pytest.mark.parametrize("written", FORMATS)
def test_changed_body_is_refused(written: Format) -> None:
    changed = msgspec.structs.replace(delivery(written), body=BODY + b" ")
    with pytest.raises(SignatureError, match="signature"):
        verify_timed(changed, ["old"], NOW, written)


@pytest.mark.parametrize("written", FORMATS)
def test_delivery_is_refused_without_any_live_secret(written: Format) -> None:
    with pytest.raises(SignatureError, match="signature"):
        verify_timed(delivery(written), [], NOW, written)


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
def test_header_is_refused_for_what_is_wrong_with_it(header: str, reason: str) -> None:
    request = Request("main", BODY, NOW, {"stripe-signature": header})
    with pytest.raises(SignatureError, match=f": {reason}"):
        verify_timed(request, ["old"], NOW, stripe.FORMAT)


@pytest.mark.parametrize("other", ["v0=", "v2=ab+/==", "k=a.b"])
def test_signature_of_a_scheme_of_another_name_is_not_looked_at(other: str) -> None:
    genuine = delivery(stripe.FORMAT)
    header = {stripe.FORMAT.header: f"{genuine.headers[stripe.FORMAT.header]},{other}"}
    verify_timed(msgspec.structs.replace(genuine, headers=header), ["old"], NOW, stripe.FORMAT)


def test_header_that_came_twice_is_malformed() -> None:
    header = delivery(paddle.FORMAT).headers["paddle-signature"]
    request = Request("main", BODY, NOW, {"paddle-signature": f"{header},{header}"})
    with pytest.raises(SignatureError, match="malformed"):
        verify_timed(request, ["old"], NOW, paddle.FORMAT)
