"""Build HTTP responses in payload format 2.0: JSON, text, and errors in the shapes that SDKs and API clients expect."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from regulars.domain.errors import RegularsError
from regulars.transport.error_statuses import find_status

# What storefront SDKs send with a call; `*` would not cover Authorization.
_SDK_HEADERS = (
    "authorization, content-type, x-retry-count, anonymousid, sentat, rsa-recovered, rsa-retry-attempt, "
    "rsa-since-last-attempt, rsa-since-first-attempt, rsa-retry-reason"
)
# Spelled as gateways spell them, so that a gateway that adds its own replaces these instead of adding a second one.
CORS_HEADERS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "retry-after"}
PREFLIGHT_HEADERS = {
    "access-control-allow-methods": "POST, GET, HEAD, OPTIONS",
    "access-control-allow-headers": _SDK_HEADERS,
    "access-control-max-age": "86400",
}

type HttpResponse = dict[str, Any]
type Respond = Callable[[], HttpResponse]


def json_response(
    value: object, status: int = HTTPStatus.OK, cache: str = "no-store"
) -> HttpResponse:
    """Return `value` as JSON that any storefront may read; `cache` is its Cache-Control."""
    return _encode_json(value, status, {"content-type": "application/json", "cache-control": cache})


def text_response(status: int, body: str, content_type: str) -> HttpResponse:
    """Return a text that no browser interprets as a page."""
    headers = {"content-type": content_type, "x-content-type-options": "nosniff"}
    return {"statusCode": status, "headers": headers, "body": body}


def preflight_response() -> HttpResponse:
    """Return the response to a browser's CORS preflight request."""
    return {"statusCode": int(HTTPStatus.NO_CONTENT), "headers": CORS_HEADERS | PREFLIGHT_HEADERS}


def problem_response(status: int, code: str, message: str, **headers: str) -> HttpResponse:
    """Return an error as problem details (RFC 9457); `code` is the stable name of the error.

    Tracking SDKs with a wrong path get it too: without `code` and `message` the older ones retry for ever.
    """
    details = {
        "type": f"urn:regulars:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": message,
        "code": code,
        "message": message,
    }
    return _encode_json(details, status, {"content-type": "application/problem+json", **headers})


def with_error_responses(respond: Respond) -> HttpResponse:
    """Return the response, or an error in the shape that SDKs understand.

    An error that the status table does not know is logged, and becomes a 500 that asks for a retry.
    """
    try:
        return respond()
    except Exception as error:  # noqa: BLE001 (no error may leave the function)
        status, code, message = _describe_error(error, "ingestion")
    # Without `code` and `message` the older SDKs retry for ever.
    body = {"success": False, "code": code, "message": message}
    return _with_retry_after(json_response(body, status))


def with_problem_responses(respond: Respond) -> HttpResponse:
    """Return the response, or an error as problem details.

    An error that the status table does not know is logged, and becomes a 500 without detail.
    """
    try:
        return respond()
    except Exception as error:  # noqa: BLE001 (no error may leave the function)
        status, code, message = _describe_error(error, "api")
    response = problem_response(status, code, message)
    if status == HTTPStatus.UNAUTHORIZED:
        response["headers"]["www-authenticate"] = "Bearer"
    return _with_retry_after(response)


def _describe_error(error: Exception, where: str) -> tuple[HTTPStatus, str, str]:
    """Return the status, the code and the message of an error."""
    status = find_status(error)
    if status is not None and isinstance(error, RegularsError):
        return status, error.code, str(error)
    # Imported when something failed: the logger is a twentieth of a cold start.
    from regulars.transport.logging import log_failure  # noqa: PLC0415

    log_failure(error, where)
    message = "Something failed on our side; please retry."
    return HTTPStatus.INTERNAL_SERVER_ERROR, "internal", message


def _with_retry_after(response: HttpResponse) -> HttpResponse:
    if response["statusCode"] == HTTPStatus.SERVICE_UNAVAILABLE:
        response["headers"]["retry-after"] = "1"
    return response


def _encode_json(value: object, status: int, headers: Mapping[str, str]) -> HttpResponse:
    body = msgspec.json.encode(value).decode()
    return {"statusCode": int(status), "headers": {**headers, **CORS_HEADERS}, "body": body}
