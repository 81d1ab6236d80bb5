"""The doors' side of HTTP: payload 2.0 in, an answer out, every error told in the shape that SDKs understand.

The doors have a handful of routes and answer within a sender's patience; a router would be a quarter of their cold start.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from regulars.domain.errors import RegularsError
from regulars.domain.texts import replace_surrogates
from regulars.transport.error_statuses import status_of
from regulars.transport.requests import raw_body

# What storefront SDKs send with a call; `*` would not cover Authorization.
_SDK_HEADERS = (
    "authorization, content-type, x-retry-count, anonymousid, sentat, rsa-recovered, rsa-retry-attempt, "
    "rsa-since-last-attempt, rsa-since-first-attempt, rsa-retry-reason"
)
# Spelt as gateways spell them, so that one which adds its own puts them in place of these, never beside them.
CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "retry-after"}
PREFLIGHT = {
    "access-control-allow-methods": "POST, GET, OPTIONS",
    "access-control-allow-headers": _SDK_HEADERS,
    "access-control-max-age": "86400",
}
_LOOPBACK = ("localhost", "127.0.0.1")
_SCHEMES = ("http", "https")

type Answer = dict[str, Any]


class Call(msgspec.Struct, frozen=True):
    """One HTTP request: header names are lower-cased, `body` is the very bytes that were sent."""

    method: str
    path: tuple[str, ...]
    headers: dict[str, str]
    query: dict[str, str]
    body: bytes
    raw_query: str = ""

    @property
    def url(self) -> str:
        """What was asked for, without its query."""
        return f"https://{self.headers.get('host', '')}/{'/'.join(self.path)}"


def called(event: Mapping[str, Any]) -> Call:
    """The request in an event of payload format 2.0; InvalidRequestError when its body is unreadable."""
    http = event["requestContext"]["http"]
    stage = event["requestContext"].get("stage", "$default")
    path = replace_surrogates(str(event["rawPath"])).removeprefix(f"/{stage}/")
    headers = {
        name.lower(): replace_surrogates(value) for name, value in event.get("headers", {}).items()
    }
    raw_query = replace_surrogates(event.get("rawQueryString", ""))
    parts = tuple(path.strip("/").split("/"))
    query = dict(parse_qsl(raw_query))
    return Call(http["method"], parts, headers, query, raw_body(event), raw_query)


def reached_at(event: Mapping[str, Any]) -> tuple[str, str]:
    """The scheme and the host (with its port, and a path where there is one) under which the caller reaches this API."""
    context, headers = event["requestContext"], event.get("headers", {})
    lowered = {name.lower(): replace_surrogates(value) for name, value in headers.items()}
    host = lowered.get("host", "")
    name = host.partition(":")[0]
    scheme = lowered.get("x-forwarded-proto", "")
    if scheme not in _SCHEMES:  # not told, or told twice and joined by the gateway
        scheme = "http" if name in _LOOPBACK else "https"
    api = context.get("apiId", "")
    if context.get("domainName") == f"{api}.execute-api.{name}":
        # The local AWS: no name leads to its APIs, so each has a path instead.
        host = f"{host}/_aws/execute-api/{api}"
    return scheme, host


def answered(value: object, status: int = HTTPStatus.OK, cache: str = "no-store") -> Answer:
    """`value` as JSON, readable from any storefront; `cache` is its Cache-Control."""
    headers = {"content-type": "application/json", "cache-control": cache, **CORS}
    return {
        "statusCode": int(status),
        "headers": headers,
        "body": msgspec.json.encode(value).decode(),
    }


def replied(status: int, body: str, content_type: str) -> Answer:
    """A text as it is, which no browser is to take for a page."""
    headers = {"content-type": content_type, "x-content-type-options": "nosniff"}
    return {"statusCode": status, "headers": headers, "body": body}


def preflight() -> Answer:
    """The answer to a browser that asks before it sends."""
    return {"statusCode": int(HTTPStatus.NO_CONTENT), "headers": CORS | PREFLIGHT}


def answering(door: Callable[[], Answer]) -> Answer:
    """What the door answers; an error through the one table. A fault of ours is a 500 that asks for a retry."""
    try:
        return door()
    except RegularsError as error:
        status = status_of(error)
        if status is not None:
            return _refused(status, error.code, str(error))
        return _failed(error)
    except Exception as error:  # noqa: BLE001 (the last one to see it)
        return _failed(error)


def _failed(error: Exception) -> Answer:
    # Imported when something failed: the logger is a twentieth of a cold start.
    from regulars.transport.logging import log_failure  # noqa: PLC0415

    log_failure(error, "door")
    message = "Something failed on our side; please retry."
    return _refused(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", message)


def _refused(status: HTTPStatus, code: str, message: str) -> Answer:
    # Without `code` and `message` the older SDKs retry for ever.
    answer = answered({"success": False, "code": code, "message": message}, status)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer["headers"]["retry-after"] = "1"
    return answer
