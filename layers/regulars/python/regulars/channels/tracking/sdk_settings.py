"""Build the settings that the browser SDKs fetch before their first event: the API host, and no other integrations.

The settings are the same for every write key, including an unknown one. An SDK without settings sends no events. With
settings, events of an unknown key are stored as rejects, counted, and can be replayed once the key is known.
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
