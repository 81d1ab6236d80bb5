"""The fields of a form as a browser sends them: urlencoded or multipart, a name possibly several times."""

from email import message_from_bytes
from email.message import Message
from urllib.parse import parse_qsl

from regulars.channels.contract import Request
from regulars.domain.errors import InvalidRequestError, PayloadTooLargeError

MOST_FIELDS = 200
LONGEST_BODY = 1024 * 1024


def fields_of(request: Request) -> dict[str, list[str]]:
    """The fields by name, files left out; InvalidRequestError(invalid_form) when the body is no form."""
    if len(request.body) > LONGEST_BODY:
        raise PayloadTooLargeError("The form is over 1 MB.")
    kind = request.headers.get("content-type", "").strip()
    if kind.lower().startswith("multipart/form-data"):
        pairs = _multipart(request.body, kind)
    else:
        pairs = _urlencoded(request.body)
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def _urlencoded(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=MOST_FIELDS
        )
    except ValueError:  # UnicodeDecodeError is one
        raise InvalidRequestError("The body is no HTML form.", "invalid_form") from None


def _multipart(body: bytes, kind: str) -> list[tuple[str, str]]:
    # The standard library reads MIME, and a form is MIME whose first header went with the request.
    head = f"Content-Type: {kind}\r\n\r\n".encode("latin-1", "replace")
    try:
        parts = message_from_bytes(head + body).get_payload()
    except RecursionError:  # parts within parts within parts
        parts = ""
    if not isinstance(parts, list) or len(parts) > MOST_FIELDS:
        raise InvalidRequestError("The body is no HTML form.", "invalid_form")
    return [pair for part in parts if isinstance(part, Message) and (pair := _field(part))]


def _field(part: "Message[str, str]") -> tuple[str, str] | None:
    name = part.get_param("name", header="content-disposition")
    value = part.get_payload(decode=True)
    is_file = part.get_param("filename", header="content-disposition") is not None
    if is_file or not isinstance(name, str) or not isinstance(value, bytes):
        return None
    return name, value.decode("utf-8", "replace")
