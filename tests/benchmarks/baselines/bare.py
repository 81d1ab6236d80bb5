"""An empty handler: the cost of the interpreter and the runtime client."""

from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return a response."""
    return {"statusCode": 200}
