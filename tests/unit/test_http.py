"""Refusals: one table, two shapes, nothing of what was sent repeated."""

import base64
import io
import json
from typing import Any

import msgspec
import pytest
from aws_lambda_powertools.event_handler.api_gateway import Response

from regulars.domain import errors
from regulars.edge import http, requests
from regulars.edge.logging import LOGGER


def request(path: str, method: str = "GET", **fields: Any) -> dict[str, Any]:
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": {"origin": "https://shop.example.com"},
        "requestContext": {"http": {"method": method, "path": path}, "stage": "$default"},
        **fields,
    }


def failing(error: Exception) -> dict[str, Any]:
    app = http.resolver()

    @app.get("/fail")
    def fail() -> Response[str]:
        raise error

    return app.resolve(request("/fail"), None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.InvalidRequestError("No.", "invalid_n"), 400, "invalid_n"),
        (errors.PayloadTooLargeError("No."), 413, "payload_too_large"),
        (errors.UnauthorizedError("No."), 401, "unauthorized"),
        (errors.ForbiddenError("No."), 403, "forbidden"),
        (errors.SignatureError("stale"), 401, "invalid_signature"),
        (errors.ProfileNotFoundError("p_1"), 404, "profile_not_found"),
        (errors.LedgerLaggingError("No."), 503, "ledger_lagging"),
        (errors.TamperedArtifactError("No."), 500, "internal"),
        (KeyError("ann@example.com"), 500, "internal"),
    ],
)
def test_error_becomes_its_status_and_problem(error: Exception, status: int, code: str) -> None:
    answer = failing(error)
    problem = json.loads(answer["body"])
    assert (answer["statusCode"], problem["status"], problem["code"]) == (status, status, code)
    assert answer["headers"]["Content-Type"] == "application/problem+json"


def test_unknown_error_is_told_neither_to_the_caller_nor_to_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(LOGGER.registered_handler, "stream", stream)
    answer = failing(KeyError("ann@example.com"))
    logged = stream.getvalue()
    assert "KeyError" in logged
    assert "ann@" not in logged + answer["body"]


def test_preflight_allows_a_storefront_to_send_its_key() -> None:
    headers = http.resolver().resolve(request("/recommendations", "OPTIONS"), None)["headers"]  # type: ignore[arg-type]
    allowed = {name.lower() for name in headers["Access-Control-Allow-Headers"].split(",")}
    assert {"authorization", "content-type", "x-api-key"} <= allowed
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert int(headers["Access-Control-Max-Age"]) >= 900


def test_wrong_method_is_told_from_an_unknown_path() -> None:
    app = http.resolver()
    app.get("/known/<part>")(lambda part: http.answer({"part": part}))
    wrong = app.resolve(request("/known/x", "POST"), None)  # type: ignore[arg-type]
    unknown = app.resolve(request("/unknown"), None)  # type: ignore[arg-type]
    assert (wrong["statusCode"], wrong["headers"]["Allow"]) == (405, "GET, OPTIONS")
    assert unknown["statusCode"] == 404


def test_raw_body_trusts_only_the_gateways_flag() -> None:
    text = base64.b64encode(b"\x1f\x8b").decode()
    assert requests.raw_body({"body": text, "isBase64Encoded": True}) == b"\x1f\x8b"
    assert requests.raw_body({"body": text, "isBase64Encoded": False}) == text.encode()
    assert requests.raw_body({}) == b""


class Lookup(msgspec.Struct):
    """A body of the tests."""

    email: str


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{", "invalid_json"),
        ("", "invalid_json"),
        ("[" * 100_000, "invalid_fields"),
        ('{"email": 1}', "invalid_fields"),
        ("[]", "invalid_fields"),
        ('"\ud800"', "invalid_body"),
    ],
)
def test_unreadable_body_is_named(body: str, code: str) -> None:
    with pytest.raises(errors.InvalidRequestError) as refused:
        http.json_body({"body": body}, Lookup, limit=1_000_000)
    assert refused.value.code == code


def test_body_over_its_limit_is_too_large() -> None:
    with pytest.raises(errors.PayloadTooLargeError):
        http.json_body({"body": '{"email": "x"}'}, Lookup, limit=3)


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"authorization": "Bearer rk_1"}, "rk_1"),
        ({"authorization": "bearer  rk_1 "}, "rk_1"),
        ({"authorization": "Basic " + base64.b64encode(b"rk_1:").decode()}, "rk_1"),
        ({"authorization": "Basic " + base64.b64encode(b"rk_1").decode()}, "rk_1"),
        ({"authorization": "Basic %%%"}, ""),
        ({"authorization": "Basic " + base64.b64encode(b"\xff").decode()}, ""),
        ({"x-api-key": "rk_1"}, "rk_1"),
        ({}, ""),
    ],
)
def test_key_is_found_where_clients_put_it(headers: dict[str, str], key: str) -> None:
    assert requests.presented_key(headers) == key
