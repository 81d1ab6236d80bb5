"""Parse the fields of a browser form, urlencoded or multipart; a name can occur several times."""

from email.message import Message
from email.parser import BytesHeaderParser
from urllib.parse import parse_qsl

from regulars.channels.contract import Request
from regulars.domain.errors import InvalidRequestError, PayloadTooLargeError

MOST_FIELDS = 200
LONGEST_BODY = 1024 * 1024
# Bytes before a part's value; reading them takes a time that grows with their square.
LONGEST_HEAD = 2048
_END_OF_HEAD = b"\r\n\r\n"


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
    """The fields of a form as RFC 7578 writes it: https://www.rfc-editor.org/rfc/rfc7578."""
    whole: Message[str, str] = Message()
    whole["content-type"] = kind
    boundary = whole.get_boundary("").encode("latin-1", "replace")
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary, MOST_FIELDS + 1)
    is_whole = boundary and parts and parts.pop().startswith(b"--")
    if not is_whole or any(part.find(_END_OF_HEAD) > LONGEST_HEAD for part in parts):
        raise InvalidRequestError("The body is no HTML form.", "invalid_form")
    return [pair for part in parts if _END_OF_HEAD in part and (pair := _field(part))]


def _field(section: bytes) -> tuple[str, str] | None:
    # The standard library reads MIME, and a part of a form is MIME.
    part = BytesHeaderParser().parsebytes(section.removeprefix(b"\r\n"))
    name = part.get_param("name", header="content-disposition")
    value = part.get_payload(decode=True)
    is_file = part.get_param("filename", header="content-disposition") is not None
    is_file |= part.get_content_maintype() == "multipart"  # several of them, as was done once
    if is_file or not isinstance(name, str) or not isinstance(value, bytes):
        return None
    return name, value.decode("utf-8", "replace")
