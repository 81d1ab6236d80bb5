"""A delivery is believed for a live secret, wherever the provider can put it, and for nothing else."""

import base64

import msgspec
import pytest

from regulars.channels.signatures.shared_secret import check_equal, check_token, decoded
from regulars.domain.errors import SignatureError
from tests.support.deliveries import json_delivery

SECRETS = ("shop:new", "shop:old")


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.mark.parametrize("secret", SECRETS)
def test_token_in_the_url_is_any_live_one(secret: str) -> None:
    request = msgspec.structs.replace(json_delivery({}), query={"token": secret})
    check_token(request, SECRETS)


@pytest.mark.parametrize("header", [basic("shop:old"), "bearer shop:new", "Bearer shop:old"])
def test_token_may_come_in_the_authorization_header(header: str) -> None:
    check_token(json_delivery({}, authorization=header), SECRETS)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "missing"),
        ("Basic", "malformed"),
        ("Basic !!!", "malformed"),
        ("Bearer", "malformed"),
        ("Digest abc", "malformed"),
        (basic("shop:nobody"), "signature"),
        ("Bearer shop", "signature"),
        ("Bearer \ud800", "signature"),
    ],
)
def test_token_is_refused_with_its_reason(header: str, reason: str) -> None:
    with pytest.raises(SignatureError) as refused:
        check_token(json_delivery({}, authorization=header), SECRETS)
    assert refused.value.reason == reason


def test_token_is_refused_when_no_secret_is_live() -> None:
    with pytest.raises(SignatureError):
        check_equal("anything", [])


@pytest.mark.parametrize("text", ["YQ", "YR==", "YQ==\n", "Y Q==", "YQ-=", "é"])
def test_base64_is_read_only_when_it_is_exact(text: str) -> None:
    assert decoded("YQ==") == b"a"
    assert decoded(text) == b""
