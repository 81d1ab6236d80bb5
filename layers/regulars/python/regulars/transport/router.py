"""Route the API's requests by a table of routes.

Importing a router library took a quarter of a cold start, for eight routes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec

from regulars.domain.errors import InvalidRequestError, PayloadTooLargeError
from regulars.transport.body_fields import describe_mismatch
from regulars.transport.requests import HttpRequest, parse_request
from regulars.transport.responses import (
    HttpResponse,
    preflight_response,
    problem_response,
    with_problem_responses,
)


class Route(NamedTuple):
    """One endpoint; `path` is written as in OpenAPI, `respond` takes the request and the values of the path's braces."""

    method: str
    path: str
    respond: Callable[..., HttpResponse]

    def match_path(self, path: Sequence[str]) -> list[str] | None:
        """Return the values of the braces; None for another path.

        >>> Route("GET", "/profiles/{profile_id}", dict).match_path(("profiles", "p_1"))
        ['p_1']
        """
        names = self.path.strip("/").split("/")
        if len(names) != len(path) or not all(path):
            return None
        pairs = list(zip(names, path, strict=True))
        if any(name != part for name, part in pairs if not name.startswith("{")):
            return None
        return [unquote(part) for name, part in pairs if name.startswith("{")]


def route_request(routes: Sequence[Route], event: Mapping[str, Any]) -> HttpResponse:
    """Return the response of the route that matches; an error as problem details.

    A HEAD request gets the status and the headers of a GET, without the body.
    """
    response = with_problem_responses(lambda: _respond(routes, parse_request(event)))
    is_head = event["requestContext"]["http"]["method"] == "HEAD"
    return response | {"body": ""} if is_head else response


def parse_json_body[Shape](request: HttpRequest, shape: type[Shape], max_bytes: int) -> Shape:
    """Decode the body into `shape`.

    Raise PayloadTooLargeError or InvalidRequestError, whose messages never quote a value of the body.
    """
    if len(request.body) > max_bytes:
        raise PayloadTooLargeError(f"The body is over {max_bytes} bytes.")
    try:
        return msgspec.json.decode(request.body, type=shape)
    except msgspec.ValidationError as error:
        raise InvalidRequestError(describe_mismatch(error, shape), "invalid_fields") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidRequestError("The body is not JSON.", "invalid_json") from None


def _respond(routes: Sequence[Route], request: HttpRequest) -> HttpResponse:
    if request.method == "OPTIONS":
        return preflight_response()
    matches = [
        (route, values)
        for route in routes
        if (values := route.match_path(request.path)) is not None
    ]
    method = "GET" if request.method == "HEAD" else request.method
    for route, values in matches:
        if route.method == method:
            return route.respond(request, *values)
    if not matches:
        return problem_response(HTTPStatus.NOT_FOUND, "not_found", "There is nothing at this path.")
    return _refuse_method(route for route, _ in matches)


def _refuse_method(routes: Iterable[Route]) -> HttpResponse:
    """Answer with the methods that the routes of this path take."""
    methods = {"OPTIONS", *(route.method for route in routes)}
    allow = ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))
    message = f"This path takes {allow}."
    return problem_response(
        HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", message, allow=allow
    )
