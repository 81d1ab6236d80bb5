"""Load the OpenAPI 3.1 document of the API, which is stored beside the code."""

from pathlib import Path
from typing import Any

import msgspec


def load_document(base_url: str) -> dict[str, Any]:
    """Return the document of the API that is served from this address."""
    document: dict[str, Any] = msgspec.json.decode(
        Path(__file__).with_name("openapi.json").read_bytes()
    )
    return document | {"servers": [{"url": base_url}]}
