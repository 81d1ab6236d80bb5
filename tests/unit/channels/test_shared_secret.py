"""Test that a delivery is accepted with a live secret only, wherever the provider can send it."""

import base64

import msgspec
import pytest

from regulars.channels.signatures.shared_secret import check_equal, check_token, decode_base64
from regulars.domain.errors import SignatureError
from tests.support.deliveries import json_delivery

SECRETS = ("shop:new", "shop:old")


def build_basic_header(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.mark.parametrize("secret", SECRETS)
def test_token_in_the_url_is_accepted_when_it_is_live(secret: str) -> None:
    request = msgspec.structs.replace(json_delivery({}), query={"token": secret})
    check_token(request, SECRETS)


@pytest.mark.parametrize(
    "header", [build_basic_header("shop:old"), "bearer shop:new", "Bearer shop:old"]
)
def test_token_in_the_authorization_header_is_accepted(header: str) -> None:
    check_token(json_delivery({}, authorization=header), SECRETS)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "missing"),
        ("Basic", "malformed"),
        ("Basic !!!", "malformed"),
        ("Bearer", "malformed"),
        ("Digest abc", "malformed"),
        (build_basic_header("shop:nobody"), "signature"),
        ("Bearer shop", "signature"),
        ("Bearer \ud800", "signature"),
    ],
)
def test_token_is_rejected_with_its_reason(header: str, reason: str) -> None:
    with pytest.raises(SignatureError) as raised:
        check_token(json_delivery({}, authorization=header), SECRETS)
    assert raised.value.reason == reason


def test_token_is_rejected_when_no_secret_is_live() -> None:
    with pytest.raises(SignatureError):
        check_equal("anything", [])


@pytest.mark.parametrize("text", ["YQ", "YR==", "YQ==\n", "Y Q==", "YQ-=", "é"])
def test_base64_is_decoded_only_when_it_is_canonical(text: str) -> None:
    assert decode_base64("YQ==") == b"a"
    assert decode_base64(text) == b""
