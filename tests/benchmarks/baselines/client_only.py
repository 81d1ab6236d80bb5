"""A handler with only a boto3 DynamoDB client, the minimum of a function with a table."""

from typing import Any

import boto3

CLIENT = boto3.client("dynamodb")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return a response."""
    return {"statusCode": 200}
