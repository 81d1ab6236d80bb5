"""Starts functions on stream records, new objects and a schedule, with bounded retries and dead letters."""

import jsii
from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from infra.constructs.functions import Function

STREAM_ACTIONS = (
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
)


@jsii.implements(lambda_.IEventSourceDlq)
class DeadLetterDestination:
    """The dead-letter queue of a function; SqsDlq would also allow reading the attributes of the queue."""

    def __init__(self, function: Function) -> None:
        self._arn = function.dead_letters.queue_arn

    def bind(  # the interface has both arguments
        self,
        target: lambda_.IEventSourceMapping,  # noqa: ARG002
        target_handler: lambda_.IFunction,  # noqa: ARG002
    ) -> lambda_.DlqDestinationConfig:
        """Return the destination of batches that were given up."""
        return lambda_.DlqDestinationConfig(destination=self._arn)


def start_on_stream(
    function: Function, table: dynamodb.Table, *, batch_size: int, window: Duration
) -> None:
    """Call a function with inserted and changed items; a batch that fails is bisected until its poison record is alone."""
    stream = table.table_stream_arn or ""
    # `grant_stream_read` would allow ListStreams on every table.
    function.allow_actions(stream, *STREAM_ACTIONS)
    lambda_.EventSourceMapping(
        function,
        "Stream",
        target=function,
        event_source_arn=stream,
        starting_position=lambda_.StartingPosition.TRIM_HORIZON,
        batch_size=batch_size,
        max_batching_window=window,
        bisect_batch_on_error=True,
        report_batch_item_failures=True,
        retry_attempts=10,
        max_record_age=Duration.hours(12),
        on_failure=DeadLetterDestination(function),
        filters=[
            lambda_.FilterCriteria.filter({"eventName": lambda_.FilterRule.or_("INSERT", "MODIFY")})
        ],
    ).node.add_dependency(function.own_role)


def start_on_arrival(function: Function, bucket: s3.Bucket, *patterns: str) -> None:
    """Call a function when an object was written whose key matches a pattern."""
    events.Rule(
        function,
        "Arrival",
        event_pattern=events.EventPattern(
            source=["aws.s3"],
            detail_type=["Object Created"],
            detail={
                "bucket": {"name": [bucket.bucket_name]},
                "object": {"key": [{"wildcard": pattern} for pattern in patterns]},
            },
        ),
        targets=[create_target(function)],
    )


def start_on_schedule(function: Function, schedule: events.Schedule) -> None:
    """Call a function at these times."""
    events.Rule(function, "Schedule", schedule=schedule, targets=[create_target(function)])


def create_target(function: Function) -> targets.LambdaFunction:
    """Return a function as an asynchronous target."""
    return targets.LambdaFunction(
        function,
        dead_letter_queue=function.dead_letters,
        retry_attempts=8,
        max_event_age=Duration.hours(6),
    )
