"""Refusals: one table, two shapes, nothing of what was sent repeated."""

import base64
import io
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from regulars.domain import errors
from regulars.transport import requests
from regulars.transport import router as http
from regulars.transport.http import called, reached_at
from regulars.transport.logging import LOGGER
from tests.support.gateway import http_event


def ask(answer: Callable[..., Any], path: str = "/known/x", method: str = "GET") -> dict[str, Any]:
    """What the API answers whose one route is GET /known/{part}."""
    return http.resolved(
        [http.Route("GET", "/known/{part}", answer)], http_event(path, method=method)
    )


def failing(error: Exception) -> dict[str, Any]:
    def fail(*_: object) -> None:
        raise error

    return ask(fail)


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
    assert answer["headers"]["content-type"] == "application/problem+json"


def test_path_that_is_none_is_refused_so_that_sdks_give_up() -> None:
    refused = json.loads(ask(http.answer, "/v2/batch", method="POST")["body"])
    assert (refused["code"], refused["message"]) == ("not_found", refused["detail"])


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
    headers = ask(http.answer, method="OPTIONS")["headers"]
    assert {"authorization", "content-type"} <= set(
        headers["access-control-allow-headers"].split(", ")
    )
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert int(headers["access-control-max-age"]) >= 900


def test_path_fills_the_braces_of_its_route() -> None:
    assert ask(lambda _, part: http.answer(part), "/known/rfm%3Alost")["body"] == '"rfm:lost"'


def test_wrong_method_is_told_from_an_unknown_path() -> None:
    wrong, unknown = ask(http.answer, method="POST"), ask(http.answer, "/unknown/x")
    assert (wrong["statusCode"], wrong["headers"]["allow"]) == (405, "GET, OPTIONS")
    assert unknown["statusCode"] == 404


def test_refusals_and_answers_can_be_read_by_any_storefront() -> None:
    answers = [ask(lambda *_: http.answer(1)), failing(errors.UnauthorizedError("No."))]
    assert {answer["headers"]["Access-Control-Allow-Origin"] for answer in answers} == {"*"}


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
        http.json_body(called(http_event("/") | {"body": body}), Lookup, limit=1_000_000)
    assert refused.value.code == code


def test_body_over_its_limit_is_too_large() -> None:
    with pytest.raises(errors.PayloadTooLargeError):
        http.json_body(called(http_event("/", {"email": "x"})), Lookup, limit=3)


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
def test_key_is_found_where_clients_put_it(headers: dict[str, str], key: str) -> None:
    assert requests.presented_key(headers) == key


@pytest.mark.parametrize(
    ("headers", "context", "reached"),
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
def test_api_knows_where_it_was_reached(
    headers: dict[str, str], context: dict[str, str], reached: tuple[str, str]
) -> None:
    assert reached_at({"headers": headers, "requestContext": context}) == reached
