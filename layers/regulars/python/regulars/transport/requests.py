"""Parse the HTTP requests that API Gateway delivers in payload format 2.0; nothing in them is trusted."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from regulars.domain.errors import InvalidRequestError
from regulars.domain.texts import replace_surrogates

_LOOPBACK_HOSTS = ("localhost", "127.0.0.1")
_SCHEMES = ("http", "https")


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request: header names are in lower case, `body` holds the bytes that were sent.

    `base_url` is the address under which the caller reaches this API.
    """

    method: str
    path: tuple[str, ...]
    headers: dict[str, str]
    query: dict[str, str]
    body: bytes
    raw_query: str = ""
    base_url: str = ""

    @property
    def url(self) -> str:
        """The URL that was requested, without its query."""
        return f"https://{self.headers.get('host', '')}/{'/'.join(self.path)}"


def parse_request(event: Mapping[str, Any]) -> HttpRequest:
    """Return the request of an event; raise InvalidRequestError when its body is unreadable."""
    http = event["requestContext"]["http"]
    stage = event["requestContext"].get("stage", "$default")
    raw_path = replace_surrogates(str(event["rawPath"]))
    path = raw_path.removeprefix(f"/{stage}/")
    base_path = "" if path == raw_path else f"/{stage}"
    raw_query = replace_surrogates(event.get("rawQueryString", ""))
    return HttpRequest(
        method=http["method"],
        path=tuple(path.strip("/").split("/")),
        headers=_read_headers(event),
        query=dict(parse_qsl(raw_query, keep_blank_values=True)),
        body=read_body(event),
        raw_query=raw_query,
        base_url="://".join(build_public_address(event)) + base_path,
    )


def read_body(event: Mapping[str, Any]) -> bytes:
    """Return the bytes that were sent; only `isBase64Encoded` says how the gateway passes them.

    Raise InvalidRequestError when they are not readable.
    """
    body = event.get("body") or ""
    try:
        return (
            base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
        )
    except ValueError:  # no base64, no ASCII, no Unicode
        raise InvalidRequestError("The body is not readable.", "invalid_body") from None


def read_api_key(headers: Mapping[str, str]) -> str:
    """Return the key in `Authorization: Bearer <key>`, `Basic base64(<key>:)` or `X-Api-Key`; '' when there is none."""
    scheme, _, value = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        return _read_basic_user(value.strip())
    return headers.get("x-api-key", "").strip()


def build_public_address(event: Mapping[str, Any]) -> tuple[str, str]:
    """Return the scheme and the host under which the caller reaches this API.

    The host includes its port, and a path where the API has one.
    """
    context, headers = event["requestContext"], _read_headers(event)
    host = headers.get("host", "")
    name = host.partition(":")[0]
    scheme = headers.get("x-forwarded-proto", "")
    if scheme not in _SCHEMES:  # missing, or sent twice and joined by the gateway
        scheme = "http" if name in _LOOPBACK_HOSTS else "https"
    api = context.get("apiId", "")
    if context.get("domainName") == f"{api}.execute-api.{name}":
        # The local AWS: no domain name leads to its APIs, so each API has a path instead.
        host = f"{host}/_aws/execute-api/{api}"
    return scheme, host


def _read_headers(event: Mapping[str, Any]) -> dict[str, str]:
    return {
        name.lower(): replace_surrogates(value) for name, value in event.get("headers", {}).items()
    }


def _read_basic_user(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[0]
    except ValueError:  # no base64, no ASCII, no UTF-8
        return ""
