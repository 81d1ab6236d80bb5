"""The least any function with a table needs: a boto3 DynamoDB client."""

from typing import Any

import boto3

CLIENT = boto3.client("dynamodb")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """An answer."""
    return {"statusCode": 200}
