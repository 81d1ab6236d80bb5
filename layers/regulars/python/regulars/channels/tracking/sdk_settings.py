"""What the browser SDKs fetch before their first event: where to send it, and that nothing else is to be loaded.

It is the same for every write key, a mistyped one too: an SDK that is refused its settings sends nothing at all, while
what it sends with an unknown key is kept as rejects, counted, and received again once the key is known.
"""

from typing import Any

_SENT = {"enabled": True}


def for_segment(write_key: str, scheme: str, host: str) -> dict[str, Any]:
    """The settings of @segment/analytics-next; `host` is where this API is reached, with its port and path."""
    integration = {
        "apiKey": write_key,
        "apiHost": f"{host}/v1",
        "protocol": scheme,
        "addBundledMetadata": True,
    }
    return {
        "integrations": {"Segment.io": integration},
        "plan": {
            "track": {"__default": _SENT | {"integrations": {}}},
            "identify": {"__default": _SENT},
            "group": {"__default": _SENT},
        },
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
    }


def for_rudder(write_key: str) -> dict[str, Any]:
    """The source config of @rudderstack/analytics-js, which is told by its page where to send."""
    source = {"id": write_key, "name": "Regulars", "writeKey": write_key, "workspaceId": "regulars"}
    return {"source": source | {"enabled": True, "config": {}, "destinations": []}}
