"""Build the settings that the browser SDKs fetch before their first event: the API host, and no other integrations.

The settings are the same for every write key, including an unknown one. An SDK without settings sends no events. With
settings, its events are counted, which the owner sees.
"""

from typing import Any

_ENABLED_SETTING = {"enabled": True}


def build_segment_settings(write_key: str, scheme: str, host: str) -> dict[str, Any]:
    """Return the settings of @segment/analytics-next; `host` is the public host of this API with its port and path."""
    integration = {
        "apiKey": write_key,
        "apiHost": f"{host}/v1",
        "protocol": scheme,
        "addBundledMetadata": True,
    }
    return {
        "integrations": {"Segment.io": integration},
        "plan": {
            "track": {"__default": _ENABLED_SETTING | {"integrations": {}}},
            "identify": {"__default": _ENABLED_SETTING},
            "group": {"__default": _ENABLED_SETTING},
        },
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
    }


def build_rudder_settings(write_key: str) -> dict[str, Any]:
    """Return the source config of @rudderstack/analytics-js, whose page sets the URL to send to."""
    source = {"id": write_key, "name": "Regulars", "writeKey": write_key, "workspaceId": "regulars"}
    return {"source": source | {"enabled": True, "config": {}, "destinations": []}}
