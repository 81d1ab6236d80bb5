"""Post a delivery over HTTP, and read the response."""

from http import HTTPStatus
from urllib.parse import urlencode

import msgspec
import urllib3

from regulars.admin.errors import UnreachableUrlError
from regulars.channels.contract import Request

TIMEOUT_SECONDS = 60.0  # a cold function on a busy laptop unpacks its layers first
MAX_SHOWN_CHARACTERS = 300


class DeliveryResponse(msgspec.Struct, frozen=True):
    """The HTTP status and the beginning of the body."""

    status: int
    body: str

    @property
    def error(self) -> tuple[str, str]:
        """The code and the message of an error body, each '' when there is none."""
        try:
            fields = msgspec.json.decode(self.body, type=dict[str, object])
        except msgspec.DecodeError:
            return "", ""
        return str(fields.get("code", "")), str(fields.get("message", ""))

    @property
    def is_success(self) -> bool:
        """Whether the delivery was accepted."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


def post_request(request: Request) -> DeliveryResponse:
    """Send a request over HTTP; raise UnreachableUrlError when no server answers."""
    query = request.raw_query or urlencode(request.query)
    try:
        response = urllib3.request(
            request.method,
            f"{request.url}?{query}" if query else request.url,
            headers=request.headers,
            body=request.body,
            timeout=TIMEOUT_SECONDS,
            retries=False,
        )
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        raise UnreachableUrlError(request.url, _mask_query(str(error), query)) from error
    body = response.data.decode(errors="replace")[:MAX_SHOWN_CHARACTERS]
    return DeliveryResponse(response.status, body)


def _mask_query(text: str, query: str) -> str:
    """Some errors quote the whole URL, whose query may hold a secret."""
    return text.replace(query, "…") if query else text
