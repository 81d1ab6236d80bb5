"""Parse the fields of a browser form, urlencoded or multipart; a name can occur several times."""

from email.message import Message
from email.parser import BytesHeaderParser
from urllib.parse import parse_qsl

from regulars.channels.contract import Request
from regulars.domain.errors import InvalidRequestError, PayloadTooLargeError

MAX_FORM_FIELDS = 200
MAX_FORM_BYTES = 1024 * 1024
# Of the headers before a part's value; the time to parse them grows with their square.
MAX_PART_HEADER_BYTES = 2048
_HEADER_END = b"\r\n\r\n"


def parse_form_fields(request: Request) -> dict[str, list[str]]:
    """Return the values of each field by its name, without files.

    Raise InvalidRequestError(invalid_form) for a body that is no form, and PayloadTooLargeError for one over 1 MB.
    """
    if len(request.body) > MAX_FORM_BYTES:
        raise PayloadTooLargeError("The form is over 1 MB.")
    content_type = request.headers.get("content-type", "").strip()
    if content_type.lower().startswith("multipart/form-data"):
        pairs = _parse_multipart(request.body, content_type)
    else:
        pairs = _parse_urlencoded(request.body)
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def _parse_urlencoded(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode(),
            keep_blank_values=True,
            strict_parsing=True,
            max_num_fields=MAX_FORM_FIELDS,
        )
    except ValueError:  # UnicodeDecodeError is one
        raise InvalidRequestError("The body is not an HTML form.", "invalid_form") from None


def _parse_multipart(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """Return the fields of a form that is encoded by RFC 7578: https://www.rfc-editor.org/rfc/rfc7578."""
    message: Message[str, str] = Message()
    message["content-type"] = content_type
    boundary = message.get_boundary("").encode("latin-1", "replace")
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary, MAX_FORM_FIELDS + 1)
    is_complete = boundary and parts and parts.pop().startswith(b"--")
    if not is_complete or any(part.find(_HEADER_END) > MAX_PART_HEADER_BYTES for part in parts):
        raise InvalidRequestError("The body is not an HTML form.", "invalid_form")
    return [pair for part in parts if _HEADER_END in part and (pair := _parse_part(part))]


def _parse_part(section: bytes) -> tuple[str, str] | None:
    # A part of a form is MIME, which the standard library parses.
    part = BytesHeaderParser().parsebytes(section.removeprefix(b"\r\n"))
    name = part.get_param("name", header="content-disposition")
    value = part.get_payload(decode=True)
    is_file = part.get_param("filename", header="content-disposition") is not None
    is_file |= (
        part.get_content_maintype() == "multipart"
    )  # several files, as older browsers send them
    if is_file or not isinstance(name, str) or not isinstance(value, bytes):
        return None
    return name, value.decode("utf-8", "replace")
