"""The DynamoDB client of a door: it answers or fails while the sender is still waiting."""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def dynamodb_for_doors() -> "DynamoDBClient":
    """A client that tries three times within a few seconds; botocore would try for minutes.

    What the adapters send is typed and tested, so botocore need not check it again: a tenth of a call's CPU.
    """
    config = Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 3},
        parameter_validation=False,
    )
    return boto3.client("dynamodb", config=config)
