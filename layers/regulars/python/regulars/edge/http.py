"""HTTP answers of the API: routes, and the two shapes in which a refusal is told."""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler.api_gateway import (
    APIGatewayHttpResolver,
    CORSConfig,
    Response,
)
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as NoRouteError

from regulars.domain import errors
from regulars.edge.logging import log_failure
from regulars.edge.requests import raw_body
from regulars.edge.statuses import status_of

# What storefront SDKs send; `*` would not cover Authorization. Powertools adds Authorization, Content-Type, X-Api-Key.
_SDK_HEADERS = [
    "x-retry-count",
    "anonymousid",
    "sentat",
    "rsa-recovered",
    "rsa-retry-attempt",
    "rsa-since-last-attempt",
    "rsa-since-first-attempt",
    "rsa-retry-reason",
]
_JSON = msgspec.json.Encoder()

type Refusal = Callable[[int, str, str], Response[str]]


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


def flat(status: int, code: str, message: str) -> Response[str]:
    """A refusal as tracking SDKs read it: without `code` and `message` the older ones retry for ever."""
    return _json(
        {"success": False, "code": code, "message": message}, status, "application/json", {}
    )


def resolver(refusal: Refusal = problem) -> APIGatewayHttpResolver:
    """Routes with CORS for storefronts, every error through the table, unknown paths and methods told apart."""
    cors = CORSConfig(allow_headers=_SDK_HEADERS, expose_headers=["Retry-After"], max_age=86400)
    app = APIGatewayHttpResolver(cors=cors)

    def refuse(error: Exception) -> Response[str]:
        return _refused(error, refusal)

    def unrouted(_: NoRouteError) -> Response[str]:
        return _unrouted(app, refusal)

    app.exception_handler(Exception)(refuse)
    app.not_found(unrouted)
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


def _refused(error: Exception, refusal: Refusal) -> Response[str]:
    status = status_of(error)
    if status is None or not isinstance(error, errors.RegularsError):
        log_failure(error, "http")
        return refusal(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "internal",
            "Something failed on our side; please retry.",
        )
    response = refusal(status, error.code, str(error))
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "1"
    return response


def _unrouted(app: APIGatewayHttpResolver, refusal: Refusal) -> Response[str]:
    methods = _methods(app, app.current_event.path)
    if not methods:
        return refusal(HTTPStatus.NOT_FOUND, "not_found", "There is nothing at this path.")
    allowed = ", ".join(sorted({*methods, "OPTIONS"}))
    response = refusal(
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
