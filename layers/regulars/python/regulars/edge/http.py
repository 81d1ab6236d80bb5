"""The API's side of HTTP: routes, JSON answers, and refusals as problem details (RFC 9457)."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler.api_gateway import (
    APIGatewayHttpResolver,
    CORSConfig,
    Response,
)

from regulars.domain import errors
from regulars.edge.logging import log_failure
from regulars.edge.requests import raw_body
from regulars.edge.statuses import status_of

_JSON = msgspec.json.Encoder()


def answer(value: object, status: int = HTTPStatus.OK, cache: str = "no-store") -> Response[str]:
    """`value` as JSON; `cache` is its Cache-Control."""
    return _json(value, status, "application/json", {"Cache-Control": cache})


def problem(status: int, code: str, message: str) -> Response[str]:
    """A refusal as RFC 9457 problem details; `code` is the stable name of the error."""
    details = {
        "type": f"urn:regulars:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": message,
        "code": code,
    }
    return _json(details, status, "application/problem+json", {})


def resolver() -> APIGatewayHttpResolver:
    """Routes with CORS for storefronts, every error through the table, unknown paths and methods told apart."""
    cors = CORSConfig(expose_headers=["Retry-After"], max_age=86400)
    app = APIGatewayHttpResolver(cors=cors)
    app.exception_handler(Exception)(_refused)
    app.not_found(lambda _: _unrouted(app))
    return app


def json_body[T](event: Mapping[str, Any], shape: type[T], limit: int) -> T:
    """The body decoded into `shape`; InvalidRequestError and PayloadTooLargeError say what is wrong, never quoting."""
    body = raw_body(event)
    if len(body) > limit:
        raise errors.PayloadTooLargeError(f"The body is over {limit} bytes.")
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError:
        raise errors.InvalidRequestError(
            "The body does not have the documented fields.", "invalid_fields"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise errors.InvalidRequestError("The body is not JSON.", "invalid_json") from None


def _refused(error: Exception) -> Response[str]:
    status = status_of(error)
    if status is None or not isinstance(error, errors.RegularsError):
        log_failure(error, "http")
        return problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "internal",
            "Something failed on our side; please retry.",
        )
    response = problem(status, error.code, str(error))
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "1"
    return response


def _unrouted(app: APIGatewayHttpResolver) -> Response[str]:
    methods = _methods(app, app.current_event.path)
    if not methods:
        return problem(HTTPStatus.NOT_FOUND, "not_found", "There is nothing at this path.")
    allowed = ", ".join(sorted({*methods, "OPTIONS"}))
    response = problem(
        HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", f"This path takes {allowed}."
    )
    response.headers["Allow"] = allowed
    return response


def _methods(app: APIGatewayHttpResolver, path: str) -> Iterable[str]:
    # Powertools keeps its routes to itself and answers 404 for a known path with another method.
    routes = app._static_routes + app._dynamic_routes  # noqa: SLF001
    return [route.method for route in routes if route.rule.match(path)]


def _json(
    value: object, status: int, content_type: str, headers: dict[str, str | list[str]]
) -> Response[str]:
    return Response(int(status), content_type, _JSON.encode(value).decode(), headers)
