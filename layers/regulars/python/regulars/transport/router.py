"""The API's side of HTTP: a table of routes, JSON answers, and refusals as problem details (RFC 9457).

Importing a router took a quarter of a cold start, for eight routes.
"""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec

from regulars.domain import errors
from regulars.transport.error_statuses import status_of
from regulars.transport.http import CORS, Answer, Call, called, preflight


class Route(NamedTuple):
    """One endpoint; `path` is written as OpenAPI does, `answer` takes the call and what fills the path's braces."""

    method: str
    path: str
    answer: Callable[..., Answer]

    def filled(self, path: Sequence[str]) -> list[str] | None:
        """What fills the braces, None for another path.

        >>> Route("GET", "/profiles/{profile_id}", dict).filled(("profiles", "p_1"))
        ['p_1']
        """
        names = self.path.strip("/").split("/")
        if len(names) != len(path) or not all(path):
            return None
        pairs = list(zip(names, path, strict=True))
        if any(name != said for name, said in pairs if not name.startswith("{")):
            return None
        return [unquote(said) for name, said in pairs if name.startswith("{")]


def resolved(routes: Sequence[Route], event: Mapping[str, Any]) -> Answer:
    """What the route that fits answers; every error as a problem, one of ours without detail."""
    try:
        return _routed(routes, called(event))
    except Exception as error:  # noqa: BLE001 (the last one to see it)
        return _refused(error)


def answer(value: object, status: int = HTTPStatus.OK, cache: str = "no-store") -> Answer:
    """`value` as JSON; `cache` is its Cache-Control."""
    return _json(value, status, {"content-type": "application/json", "cache-control": cache})


def problem(status: int, code: str, message: str, **headers: str) -> Answer:
    """A refusal as problem details; `code` is the stable name of the error.

    Tracking SDKs whose path is wrong come here too: without `code` and `message` the older ones retry for ever.
    """
    details = {
        "type": f"urn:regulars:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": message,
        "code": code,
        "message": message,
    }
    return _json(details, status, {"content-type": "application/problem+json", **headers})


def json_body[T](call: Call, shape: type[T], limit: int) -> T:
    """The body decoded into `shape`; InvalidRequestError and PayloadTooLargeError say what is wrong, never quoting."""
    if len(call.body) > limit:
        raise errors.PayloadTooLargeError(f"The body is over {limit} bytes.")
    try:
        return msgspec.json.decode(call.body, type=shape)
    except msgspec.ValidationError:
        raise errors.InvalidRequestError(
            "The body does not have the documented fields.", "invalid_fields"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise errors.InvalidRequestError("The body is not JSON.", "invalid_json") from None


def _routed(routes: Sequence[Route], call: Call) -> Answer:
    if call.method == "OPTIONS":
        return preflight()
    here = [(route, parts) for route in routes if (parts := route.filled(call.path)) is not None]
    for route, parts in here:
        if route.method == call.method:
            return route.answer(call, *parts)
    if not here:
        return problem(HTTPStatus.NOT_FOUND, "not_found", "There is nothing at this path.")
    allow = ", ".join(sorted({"OPTIONS", *(route.method for route, _ in here)}))
    message = f"This path takes {allow}."
    return problem(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", message, allow=allow)


def _refused(error: Exception) -> Answer:
    status = status_of(error)
    if status is None or not isinstance(error, errors.RegularsError):
        # Imported when something failed: the logger is a twentieth of a cold start.
        from regulars.transport.logging import log_failure  # noqa: PLC0415

        log_failure(error, "api")
        message = "Something failed on our side; please retry."
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", message)
    refusal = problem(status, error.code, str(error))
    if status == HTTPStatus.UNAUTHORIZED:
        refusal["headers"]["www-authenticate"] = "Bearer"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        refusal["headers"]["retry-after"] = "1"
    return refusal


def _json(value: object, status: int, headers: Mapping[str, str]) -> Answer:
    body = msgspec.json.encode(value).decode()
    return {"statusCode": int(status), "headers": {**headers, **CORS}, "body": body}
