"""Requests are parsed as the gateway delivers them."""

import base64

import pytest

from regulars.transport.requests import build_public_address, read_api_key, read_body


def test_body_is_decoded_only_by_the_gateway_flag() -> None:
    text = base64.b64encode(b"\x1f\x8b").decode()
    assert read_body({"body": text, "isBase64Encoded": True}) == b"\x1f\x8b"
    assert read_body({"body": text, "isBase64Encoded": False}) == text.encode()
    assert read_body({}) == b""


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"authorization": "Bearer rk_1"}, "rk_1"),
        ({"authorization": "bearer  rk_1 "}, "rk_1"),
        ({"authorization": "Basic " + base64.b64encode(b"rk_1:").decode()}, "rk_1"),
        ({"authorization": "Basic " + base64.b64encode(b"rk_1").decode()}, "rk_1"),
        ({"authorization": "Basic %%%"}, ""),
        ({"authorization": "Basic é"}, ""),
        ({"authorization": "Basic " + base64.b64encode(b"\xff").decode()}, ""),
        ({"x-api-key": "rk_1"}, "rk_1"),
        ({}, ""),
    ],
)
def test_api_key_is_read_from_each_header(headers: dict[str, str], key: str) -> None:
    assert read_api_key(headers) == key


@pytest.mark.parametrize(
    ("headers", "context", "address"),
    [
        ({"host": "api.example.com"}, {}, ("https", "api.example.com")),
        ({"Host": "api.example.com", "X-Forwarded-Proto": "http"}, {}, ("http", "api.example.com")),
        ({"host": "127.0.0.1:4566"}, {}, ("http", "127.0.0.1:4566")),
        (
            {"host": "api.example.com", "x-forwarded-proto": "x,https"},
            {},
            ("https", "api.example.com"),
        ),
        ({"host": "api\udcff.example.com"}, {}, ("https", "api?.example.com")),
        (
            {"host": "a1.execute-api.eu-west-1.amazonaws.com", "x-forwarded-proto": "https"},
            {"apiId": "a1", "domainName": "a1.execute-api.eu-west-1.amazonaws.com"},
            ("https", "a1.execute-api.eu-west-1.amazonaws.com"),
        ),
        (
            {"host": "127.0.0.1:4566"},
            {"apiId": "a1", "domainName": "a1.execute-api.127.0.0.1"},
            ("http", "127.0.0.1:4566/_aws/execute-api/a1"),
        ),
    ],
)
def test_public_address_is_the_one_that_was_called(
    headers: dict[str, str], context: dict[str, str], address: tuple[str, str]
) -> None:
    assert build_public_address({"headers": headers, "requestContext": context}) == address
