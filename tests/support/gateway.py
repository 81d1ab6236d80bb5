"""What API Gateway delivers (payload format 2.0), and how a handler is loaded as Lambda loads it."""

import base64
import gc
import importlib
import json
import sys
from typing import Any

import pytest

from regulars.settings import Settings
from tests.support.permissions import ROLES

TEXT = ("text/", "application/json", "application/xml", "application/javascript")


def http_event(
    path: str,
    body: bytes | dict[str, Any] = b"",
    headers: dict[str, str] | None = None,
    method: str = "POST",
    query: str = "",
) -> dict[str, Any]:
    """The event of one request; the body is text or base64 by the gateway's own rule."""
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
    return event | (_body(raw, lowered["content-type"]) if raw else {})


def _body(raw: bytes, content_type: str) -> dict[str, Any]:
    try:
        if content_type.startswith(TEXT):
            return {"body": raw.decode()}
    except UnicodeDecodeError:
        pass
    return {"body": base64.b64encode(raw).decode(), "isBase64Encoded": True}


def loaded(name: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The handler's module, wired afresh from these settings, its handler under its role."""
    for variable, value in settings.to_environment().items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delitem(sys.modules, f"{name}.handler", raising=False)
    # What a container keeps for ever, the next test throws away.
    monkeypatch.setattr(gc, "freeze", lambda: None)
    module = importlib.import_module(f"{name}.handler")
    monkeypatch.setattr(module, "handler", ROLES.run(name, module.handler))
    return module
