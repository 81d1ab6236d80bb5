"""Reads what a deployed function logged."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from regulars.admin.deployment import Deployment
from regulars.store import clients

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient


class FunctionLogs:
    """The log groups of the functions of one deployment."""

    def __init__(
        self,
        deployment: Deployment,
        lambda_client: "LambdaClient | None" = None,
        logs_client: "CloudWatchLogsClient | None" = None,
    ) -> None:
        self._deployment = deployment
        self._lambda = lambda_client or clients.create_lambda_client()
        self._logs = logs_client or clients.create_logs_client()

    def read(self, function: str, since: datetime) -> Iterator[str]:
        """Return the messages of a function since a time, oldest first.

        Raise FunctionNotFoundError when there is no function of this name.
        """
        configuration = self._lambda.get_function_configuration(
            FunctionName=self._deployment.find_function(function)
        )
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=configuration["LoggingConfig"]["LogGroup"],
            startTime=int(since.timestamp() * 1000),
        )
        return (event["message"].rstrip() for page in pages for event in page["events"])
