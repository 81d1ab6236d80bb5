"""The API's own description, kept beside the code as OpenAPI 3.1."""

from functools import cache
from pathlib import Path

import msgspec


@cache
def document() -> msgspec.Raw:
    """The document as JSON, read when first asked for."""
    return msgspec.Raw(Path(__file__).with_name("openapi.json").read_bytes())
