"""Clients of AWS, made by botocore alone: boto3's layer above it is a fifteenth of a cold start."""

from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.session import Session, get_session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient


def dynamodb(config: Config | None = None) -> "DynamoDBClient":
    """A DynamoDB client."""
    client: DynamoDBClient = _client("dynamodb", config)
    return client


def ssm() -> "SSMClient":
    """An SSM client."""
    client: SSMClient = _client("ssm", None)
    return client


def scheduler() -> "EventBridgeSchedulerClient":
    """A client of EventBridge's Scheduler."""
    client: EventBridgeSchedulerClient = _client("scheduler", None)
    return client


def s3() -> "S3Client":
    """Return an S3 client."""
    client: S3Client = _client("s3", None)
    return client


def sqs() -> "SQSClient":
    """Return an SQS client."""
    client: SQSClient = _client("sqs", None)
    return client


def lambda_(config: Config | None = None) -> "LambdaClient":
    """Return a Lambda client."""
    client: LambdaClient = _client("lambda", config)
    return client


def logs() -> "CloudWatchLogsClient":
    """Return a client of CloudWatch Logs."""
    client: CloudWatchLogsClient = _client("logs", None)
    return client


def dynamodb_streams() -> Any:
    """Return a client of DynamoDB Streams, for which boto3-stubs installs no types here."""
    return _client("dynamodbstreams", None)


def dynamodb_for_doors() -> "DynamoDBClient":
    """A DynamoDB client that answers or fails while a door's sender is still waiting; botocore would try for minutes.

    What the adapters send is typed and tested, so botocore need not check it again: a tenth of a call's CPU.
    """
    config = Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 3},
        parameter_validation=False,
    )
    return dynamodb(config)


@cache
def _session() -> Session:
    # Shared, so that the second client finds what the first has loaded.
    return get_session()


def _client(service: str, config: Config | None) -> Any:
    return _session().create_client(service, config=config)
