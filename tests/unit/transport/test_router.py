"""Routes respond to their path and method, and every error is a problem that quotes nothing of the request."""

import io
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from regulars.domain import errors
from regulars.transport.logging import LOGGER
from regulars.transport.requests import parse_request
from regulars.transport.responses import json_response
from regulars.transport.router import Route, parse_json_body, route_request
from tests.support.gateway import http_event


def call_api(
    respond: Callable[..., Any], path: str = "/known/x", method: str = "GET"
) -> dict[str, Any]:
    """Return the response of an API whose only route is GET /known/{part}."""
    routes = [Route("GET", "/known/{part}", respond)]
    return route_request(routes, http_event(path, method=method))


def call_failing_api(error: Exception) -> dict[str, Any]:
    def fail(*_: object) -> None:
        raise error

    return call_api(fail)


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
    response = call_failing_api(error)
    problem = json.loads(response["body"])
    assert (response["statusCode"], problem["status"], problem["code"]) == (status, status, code)
    assert response["headers"]["content-type"] == "application/problem+json"


def test_unknown_path_has_code_and_message_for_sdks() -> None:
    problem = json.loads(call_api(json_response, "/v2/batch", method="POST")["body"])
    assert (problem["code"], problem["message"]) == ("not_found", problem["detail"])


def test_unknown_error_message_reaches_neither_caller_nor_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(LOGGER.registered_handler, "stream", stream)
    response = call_failing_api(KeyError("ann@example.com"))
    log_text = stream.getvalue()
    assert "KeyError" in log_text
    assert "ann@" not in log_text + response["body"]


def test_preflight_allows_the_key_header() -> None:
    headers = call_api(json_response, method="OPTIONS")["headers"]
    assert {"authorization", "content-type"} <= set(
        headers["access-control-allow-headers"].split(", ")
    )
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert int(headers["access-control-max-age"]) >= 900


def test_path_values_are_decoded_for_the_route() -> None:
    response = call_api(lambda _, part: json_response(part), "/known/rfm%3Alost")
    assert response["body"] == '"rfm:lost"'


def test_wrong_method_is_405_and_unknown_path_404() -> None:
    wrong_method = call_api(json_response, method="POST")
    unknown_path = call_api(json_response, "/unknown/x")
    allow = wrong_method["headers"]["allow"]
    assert (wrong_method["statusCode"], allow) == (405, "GET, HEAD, OPTIONS")
    assert unknown_path["statusCode"] == 404


def test_head_gets_the_headers_of_a_get_without_its_body() -> None:
    respond = lambda *_: json_response({"a": 1})  # noqa: E731 (a route of one line)
    get, head = (call_api(respond, method=method) for method in ("GET", "HEAD"))
    assert get["body"]
    assert head == get | {"body": ""}
    assert call_api(respond, "/unknown/x", method="HEAD")["statusCode"] == 404


def test_responses_and_problems_are_readable_by_any_storefront() -> None:
    responses = [
        call_api(lambda *_: json_response(1)),
        call_failing_api(errors.UnauthorizedError("No.")),
    ]
    assert {response["headers"]["Access-Control-Allow-Origin"] for response in responses} == {"*"}


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
def test_unreadable_body_has_a_code(body: str, code: str) -> None:
    with pytest.raises(errors.InvalidRequestError) as raised:
        parse_json_body(parse_request(http_event("/") | {"body": body}), Lookup, 1_000_000)
    assert raised.value.code == code


def test_body_is_too_large_when_over_its_limit() -> None:
    with pytest.raises(errors.PayloadTooLargeError):
        parse_json_body(parse_request(http_event("/", {"email": "x"})), Lookup, max_bytes=3)
