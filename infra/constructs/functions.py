"""A Lambda function of ours: its name comes from its settings, and all defaults live here."""

import re
from functools import cached_property
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs import acknowledged
from infra.constructs.acknowledged import acknowledge
from infra.constructs.layers import Layers
from regulars.settings import Settings

FOLDERS = Path(__file__).resolve().parents[2] / "functions"
NOT_CODE = ["**/__pycache__", "**/*.pyc", "**/*.md"]


class Function(lambda_.Function):
    """One folder of functions/, deployed with the variables of its settings and a role of its own."""

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
        self.folder = snake_case(id_)
        log_group = logs.LogGroup(
            scope,
            f"{id_}Logs",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.own_role = role(scope, id_, log_group)
        super().__init__(
            scope,
            id_,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=layers.architecture,
            handler=f"{self.folder}.handler.handler",
            code=code(self.folder),
            layers=layers.of("regulars", "runtime", *third_party),
            environment=settings.to_environment() | {"POWERTOOLS_SERVICE_NAME": self.folder},
            memory_size=memory,
            timeout=timeout or Duration.seconds(10),
            ephemeral_storage_size=Size.mebibytes(int(ephemeral_gib * 1024)),
            log_group=log_group,
            role=self.own_role,
        )
        acknowledge(self, acknowledged.FUNCTION)

    @cached_property
    def dead_letters(self) -> sqs.Queue:
        """Where events end that the function could not process."""
        queue = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        acknowledge(queue, acknowledged.DEAD_LETTERS)
        self.allow(queue.queue_arn, "sqs:SendMessage")
        return queue

    def allow(self, arn: str, *actions: str) -> None:
        """Allow actions on one resource."""
        iam.Grant.add_to_principal(grantee=self, actions=list(actions), resource_arns=[arn])

    def give_up_after_retries(self) -> None:
        """Bounded retries of an asynchronous invocation, then the dead letters."""
        lambda_.CfnEventInvokeConfig(
            self,
            "Retries",
            function_name=self.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=2,
            maximum_event_age_in_seconds=6 * 3600,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                # The L2 destination would also grant to read the queue's attributes and address.
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(
                    destination=self.dead_letters.queue_arn
                )
            ),
        ).node.add_dependency(self.own_role)


def role(scope: Construct, id_: str, log_group: logs.ILogGroup) -> iam.Role:
    """A role that may write the function's own logs and nothing else yet."""
    created = iam.Role(scope, f"{id_}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    log_group.grant_write(created)
    return created


def code(folder: str) -> lambda_.Code:
    """The folder alone, under its own name, so that an import path is the same everywhere."""
    return lambda_.Code.from_asset(
        str(FOLDERS), exclude=["*", f"!{folder}", f"!{folder}/**", *NOT_CODE]
    )


def snake_case(name: str) -> str:
    """`TrackEvents` → `track_events`."""
    return re.sub(r"(?<=.)([A-Z])", r"_\1", name).lower()
