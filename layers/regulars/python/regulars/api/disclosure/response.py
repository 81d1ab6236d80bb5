"""Answer a request for a person's data: a JSON document or a page, as long as one response can carry it."""

from collections.abc import Iterable
from http import HTTPStatus

from regulars.api.disclosure.disclosure import Disclosure, encode_document
from regulars.api.disclosure.html_parts import PAGE_POLICY
from regulars.api.disclosure.page import render_page
from regulars.domain.errors import DisclosureTooLargeError, InvalidRequestError
from regulars.transport.responses import HttpResponse

MAX_RESPONSE_BYTES = 5_000_000  # Lambda returns 6 MB, in which the body is escaped once more
_FORMATS = {
    "json": ("application/json", encode_document),
    "html": ("text/html; charset=utf-8", render_page),
}


def build_disclosure_response(disclosure: Disclosure, format_: str) -> HttpResponse:
    """Return the document (`json`) or the page (`html`).

    Raise InvalidRequestError for another format, DisclosureTooLargeError for more than 5 MB.
    """
    if format_ not in _FORMATS:
        raise InvalidRequestError("`format` must be json or html.", "invalid_format")
    content_type, render = _FORMATS[format_]
    headers = {
        "content-type": content_type,
        "cache-control": "no-store",
        "content-security-policy": PAGE_POLICY,
        "x-content-type-options": "nosniff",
    }
    body = _join_parts(render(disclosure), disclosure.profile_id)
    return {"statusCode": int(HTTPStatus.OK), "headers": headers, "body": body}


def _join_parts(parts: Iterable[str], profile_id: str) -> str:
    joined, size = [], 0
    for part in parts:
        size += len(part.encode())
        if size > MAX_RESPONSE_BYTES:
            raise DisclosureTooLargeError(profile_id)
        joined.append(part)
    return "".join(joined)
