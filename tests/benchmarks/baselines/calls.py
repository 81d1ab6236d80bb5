"""A handler that only makes the DynamoDB calls that the event names."""

import re
from typing import Any

import boto3

CLIENT = boto3.client("dynamodb")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Make the calls."""
    for call in event["calls"]:
        getattr(CLIENT, _to_snake_case(call["call"]))(**call["arguments"])
    return {"statusCode": 200}


def _to_snake_case(operation: str) -> str:
    return re.sub(r"(?<=.)([A-Z])", r"_\1", operation).lower()
