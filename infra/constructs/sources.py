"""What starts a function besides HTTP: the ledger's stream, an object's arrival, the clock; all bounded, all with dead letters."""

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_s3 as s3

from infra.constructs.functions import Function

STREAM_ACTIONS = (
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
)


def on_stream(
    function: Function, table: dynamodb.Table, *, batch_size: int, window: Duration
) -> None:
    """Call the function with what was written; a poison record is bisected out and set aside."""
    stream = table.table_stream_arn or ""
    # `grant_stream_read` would give ListStreams on every table.
    iam.Grant.add_to_principal(
        grantee=function, actions=list(STREAM_ACTIONS), resource_arns=[stream]
    )
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
        on_failure=event_sources.SqsDlq(function.dead_letters),
        filters=[
            lambda_.FilterCriteria.filter({"eventName": lambda_.FilterRule.or_("INSERT", "MODIFY")})
        ],
    ).node.add_dependency(function.own_role)


def on_arrival(function: Function, bucket: s3.Bucket, *patterns: str) -> None:
    """Call the function when an object whose key matches a pattern was written."""
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
        targets=[target(function)],
    )


def on_schedule(function: Function, schedule: events.Schedule) -> None:
    """Call the function at these times."""
    events.Rule(function, "Schedule", schedule=schedule, targets=[target(function)])


def target(function: Function) -> targets.LambdaFunction:
    """The function as an asynchronous target."""
    return targets.LambdaFunction(
        function,
        dead_letter_queue=function.dead_letters,
        retry_attempts=8,
        max_event_age=Duration.hours(6),
    )
