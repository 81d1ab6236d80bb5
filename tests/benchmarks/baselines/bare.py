"""Nothing at all: what the interpreter and the runtime client cost."""

from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """An answer."""
    return {"statusCode": 200}
