"""Build the events of API Gateway (payload format 2.0), and load a handler as Lambda loads it."""

import base64
import gc
import importlib
import json
import sys
from typing import Any
from urllib.parse import urlencode

import pytest

from regulars.channels.contract import Request
from regulars.settings import Settings
from tests.support.deployment import API_URL
from tests.support.permissions import ROLE_ENFORCER

TEXT_TYPES = ("text/", "application/json", "application/xml", "application/javascript")


def http_event(
    path: str,
    body: bytes | dict[str, Any] = b"",
    headers: dict[str, str] | None = None,
    method: str = "POST",
    query: str = "",
) -> dict[str, Any]:
    """Return the event of one request; its body is text or base64, as the gateway decides."""
    raw = json.dumps(body).encode() if isinstance(body, dict) else body
    lowered = {"content-type": "application/json"} | {
        name.lower(): value for name, value in (headers or {}).items()
    }
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": lowered,
        "requestContext": {"stage": "$default", "http": {"method": method, "path": path}},
        "isBase64Encoded": False,
    }
    return event | (_encode_body(raw, lowered["content-type"]) if raw else {})


def _encode_body(raw: bytes, content_type: str) -> dict[str, Any]:
    try:
        if content_type.startswith(TEXT_TYPES):
            return {"body": raw.decode()}
    except UnicodeDecodeError:
        pass
    return {"body": base64.b64encode(raw).decode(), "isBase64Encoded": True}


def deliver_request(handler_module: Any, request: Request) -> Any:
    """Give a delivery to the handler of the receiving function, and return its response."""
    path = request.url.removeprefix(API_URL)
    query = request.raw_query or urlencode(request.query)
    event = http_event(path, request.body, request.headers, request.method, query)
    return handler_module.handler(event, None)


def load_handler(name: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the handler's module, imported anew with these settings; its handler runs under its role."""
    for variable, value in settings.to_environment().items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delitem(sys.modules, f"{name}.handler", raising=False)
    # A container keeps these objects for ever, but a test run must free them after the test.
    monkeypatch.setattr(gc, "freeze", lambda: None)
    module = importlib.import_module(f"{name}.handler")
    monkeypatch.setattr(module, "handler", ROLE_ENFORCER.wrap_handler(name, module.handler))
    return module
