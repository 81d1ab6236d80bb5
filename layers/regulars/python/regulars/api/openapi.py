"""Load the OpenAPI 3.1 document of the API, which is stored beside the code."""

from functools import cache
from pathlib import Path

import msgspec


@cache
def load_document() -> msgspec.Raw:
    """Return the document as JSON; the file is read at the first call."""
    return msgspec.Raw(Path(__file__).with_name("openapi.json").read_bytes())
