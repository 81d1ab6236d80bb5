"""Build the body and the headers of a delivery."""

import json
from typing import NamedTuple
from urllib.parse import urlencode

from tests.support.deliveries import FORM_TYPE

TIME, EPOCH = "2026-11-20T09:00:00Z", 1_795_165_200
MULTIPART_BOUNDARY = "canary"


class CanaryDelivery(NamedTuple):
    """The body of a delivery and its headers."""

    body: bytes
    headers: dict[str, str]


def build_json(body: object, **headers: str) -> CanaryDelivery:
    """Return a delivery of JSON."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return CanaryDelivery(json.dumps(body).encode(), {"content-type": "application/json"} | names)


def build_form(**fields: str) -> CanaryDelivery:
    """Return a delivery of a form; `__` in a name stands for a bracket, as in `data__email`."""
    named = {_format_field(name): value for name, value in fields.items()}
    return CanaryDelivery(urlencode(named).encode(), {"content-type": FORM_TYPE})


def build_multipart(**fields: str) -> CanaryDelivery:
    """Return a delivery of a form with parts."""
    parts = [
        f'--{MULTIPART_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    body = "".join((*parts, f"--{MULTIPART_BOUNDARY}--\r\n")).encode()
    return CanaryDelivery(
        body, {"content-type": f"multipart/form-data; boundary={MULTIPART_BOUNDARY}"}
    )


def build_xml(**fields: str) -> CanaryDelivery:
    """Return a delivery of XML."""
    tags = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    return CanaryDelivery(f"<xml>{tags}</xml>".encode(), {"content-type": "text/xml"})


def _format_field(name: str) -> str:
    first, *rest = name.split("__")
    return "".join((first, *(f"[{part}]" for part in rest)))
