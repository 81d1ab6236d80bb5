"""The function that checks for an abandoned cart, and the role of the schedules that invoke it."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.acknowledgments import acknowledge_wildcard
from infra.constructs.functions import Function
from infra.constructs.layers import Layers
from infra.constructs.storage import Storage
from regulars.settings import DetectAbandonmentSettings
from regulars.store import schema

MAX_PREFIX_CHARACTERS = 47  # the name of a schedule has 64, of which 17 are unique


class Abandonment(Construct):
    """Schedules are created at run time, each for one check of one person's cart."""

    def __init__(self, scope: Construct, id_: str, storage: Storage, layers: Layers) -> None:
        super().__init__(scope, id_)
        self._function = Function(
            self,
            storage.build_settings(DetectAbandonmentSettings),
            layers,
            timeout=Duration.minutes(1),
        )
        self._function.give_up_after_retries()
        storage.grant_table(
            self._function, schema.EVENTS, "dynamodb:BatchGetItem", "dynamodb:PutItem"
        )
        storage.grant_index(self._function, schema.EVENTS, "timeline")
        storage.grant_table(self._function, schema.PROFILES, "dynamodb:BatchGetItem")
        self._role = self._create_schedule_role()
        self._prefix = f"{Stack.of(self).stack_name}-cart-"[-MAX_PREFIX_CHARACTERS:]

    def schedule_settings(self) -> dict[str, str]:
        """Return the settings of a function that creates schedules."""
        return {
            "cart_checks_function": self._function.function_arn,
            "cart_checks_role": self._role.role_arn,
            "cart_checks_dead_letters": self._function.dead_letters.queue_arn,
            "cart_checks_prefix": self._prefix,
        }

    def grant_schedules(self, function: Function) -> None:
        """Allow a function to create schedules of this deployment, which may only invoke the one function."""
        # The default group: schedules delete themselves, so a group of their own would have nothing to delete.
        name = f"schedule/default/{self._prefix}*"
        function.allow_actions(
            Stack.of(self).format_arn(service="scheduler", resource=name),
            "scheduler:CreateSchedule",
        )
        acknowledge_wildcard(
            function.own_role,
            f"arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:{name}",
            "Each schedule has a name of its own.",
        )
        statement = iam.PolicyStatement(
            actions=["iam:PassRole"],
            resources=[self._role.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
        )
        function.add_to_role_policy(statement)

    def _create_schedule_role(self) -> iam.Role:
        own_account = {"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
        service = iam.ServicePrincipal("scheduler.amazonaws.com", conditions=own_account)
        role = iam.Role(self, "Schedules", assumed_by=service)
        arns = {
            "lambda:InvokeFunction": self._function.function_arn,
            "sqs:SendMessage": self._function.dead_letters.queue_arn,
        }
        for action, arn in arns.items():
            iam.Grant.add_to_principal(grantee=role, actions=[action], resource_arns=[arn])
        return role
