"""A Lambda function: its name comes from its settings, and this module sets all defaults."""

import re
from functools import cached_property
from pathlib import Path
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs import acknowledgments
from infra.constructs.acknowledgments import acknowledge_rules
from infra.constructs.layers import Layers
from regulars.settings import Settings

FUNCTIONS_FOLDER = Path(__file__).resolve().parents[2] / "functions"
EXCLUDED_FILES = ["**/__pycache__", "**/*.pyc", "**/*.md"]


class Function(lambda_.Function):
    """One folder of functions/, deployed with the variables of its settings and with its own role."""

    def __init__(  # the few figures in which functions differ  # noqa: PLR0913
        self,
        scope: Construct,
        settings: Settings,
        layers: Layers,
        *,
        third_party: tuple[str, ...] = (),
        memory: int = 512,
        timeout: Duration | None = None,
        ephemeral_gib: float = 0.5,
    ) -> None:
        id_ = type(settings).__name__.removesuffix("Settings")
        self.folder = to_snake_case(id_)
        log_group = logs.LogGroup(
            scope,
            f"{id_}Logs",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.own_role = create_role(scope, id_, log_group)
        super().__init__(
            scope,
            id_,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=layers.architecture,
            handler=f"{self.folder}.handler.handler",
            code=pack_folder(self.folder),
            layers=layers.select("regulars", "runtime", *third_party),
            environment=settings.to_environment() | {"POWERTOOLS_SERVICE_NAME": self.folder},
            memory_size=memory,
            timeout=timeout or Duration.seconds(10),
            ephemeral_storage_size=Size.mebibytes(int(ephemeral_gib * 1024)),
            log_group=log_group,
            role=self.own_role,
        )
        acknowledge_rules(self, acknowledgments.FUNCTION_REASONS)

    @cached_property
    def dead_letters(self) -> sqs.Queue:
        """The queue of the events that the function could not process."""
        queue = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        acknowledge_rules(queue, acknowledgments.QUEUE_REASONS)
        self.allow_actions(queue.queue_arn, "sqs:SendMessage")
        return queue

    def allow_actions(
        self, arn: str, *actions: str, conditions: dict[str, dict[str, Any]] | None = None
    ) -> None:
        """Allow the function actions on one resource, under IAM conditions if there are any."""
        iam.Grant.add_to_principal(
            grantee=self, actions=list(actions), resource_arns=[arn], conditions=conditions
        )

    def give_up_after_retries(self) -> None:
        """Retry an asynchronous invocation twice, then send it to the dead-letter queue."""
        lambda_.CfnEventInvokeConfig(
            self,
            "Retries",
            function_name=self.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=2,
            maximum_event_age_in_seconds=6 * 3600,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                # The L2 destination would also allow reading the attributes and the URL of the queue.
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(
                    destination=self.dead_letters.queue_arn
                )
            ),
        ).node.add_dependency(self.own_role)


def create_role(scope: Construct, id_: str, log_group: logs.ILogGroup) -> iam.Role:
    """Create a role that may write the logs of the function and nothing else yet."""
    role = iam.Role(scope, f"{id_}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    log_group.grant_write(role)
    return role


def pack_folder(folder: str) -> lambda_.Code:
    """Return the code of one folder, under its own name, so that import paths are the same everywhere."""
    return lambda_.Code.from_asset(
        str(FUNCTIONS_FOLDER), exclude=["*", f"!{folder}", f"!{folder}/**", *EXCLUDED_FILES]
    )


def to_snake_case(name: str) -> str:
    """Return `track_events` for `TrackEvents`."""
    return re.sub(r"(?<=.)([A-Z])", r"_\1", name).lower()
