"""Create AWS clients with botocore alone: importing boto3 would add a fifteenth to a cold start."""

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


def create_dynamodb_client(config: Config | None = None) -> "DynamoDBClient":
    """Return a DynamoDB client."""
    client: DynamoDBClient = _create_client("dynamodb", config)
    return client


def create_ssm_client() -> "SSMClient":
    """Return an SSM client."""
    client: SSMClient = _create_client("ssm", None)
    return client


def create_scheduler_client() -> "EventBridgeSchedulerClient":
    """Return a client of EventBridge Scheduler."""
    client: EventBridgeSchedulerClient = _create_client("scheduler", None)
    return client


def create_s3_client() -> "S3Client":
    """Return an S3 client."""
    client: S3Client = _create_client("s3", None)
    return client


def create_sqs_client() -> "SQSClient":
    """Return an SQS client."""
    client: SQSClient = _create_client("sqs", None)
    return client


def create_lambda_client(config: Config | None = None) -> "LambdaClient":
    """Return a Lambda client."""
    client: LambdaClient = _create_client("lambda", config)
    return client


def create_logs_client() -> "CloudWatchLogsClient":
    """Return a client of CloudWatch Logs."""
    client: CloudWatchLogsClient = _create_client("logs", None)
    return client


def create_streams_client() -> Any:
    """Return a client of DynamoDB Streams, for which boto3-stubs installs no types here."""
    return _create_client("dynamodbstreams", None)


def create_fail_fast_dynamodb_client() -> "DynamoDBClient":
    """Return a DynamoDB client that answers or fails while the HTTP caller still waits.

    With its defaults botocore would retry for minutes. It does not validate parameters: what the adapters send is
    typed and tested, and validation takes a tenth of a call's CPU.
    """
    config = Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 3},
        parameter_validation=False,
    )
    return create_dynamodb_client(config)


@cache
def _get_shared_session() -> Session:
    # Shared, so that the second client reuses the service models that the first one has loaded.
    return get_session()


def _create_client(service: str, config: Config | None) -> Any:
    return _get_shared_session().create_client(service, config=config)
