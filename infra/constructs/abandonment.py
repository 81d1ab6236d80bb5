"""Carts left behind: the function that looks at one, and the schedules that invoke it."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.acknowledged import acknowledge_wildcard
from infra.constructs.functions import Function
from infra.constructs.layers import Layers
from infra.constructs.storage import Storage
from regulars.settings import DetectAbandonmentSettings
from regulars.store import schema

LONGEST_PREFIX = 47  # characters: a schedule's name has 64, of which 17 tell one from another


class Abandonment(Construct):
    """Schedules are set at run time, each for one look at one person; nothing here runs until then."""

    def __init__(self, scope: Construct, id_: str, storage: Storage, layers: Layers) -> None:
        super().__init__(scope, id_)
        self._function = Function(
            self,
            storage.settings(DetectAbandonmentSettings),
            layers,
            timeout=Duration.minutes(1),
        )
        self._function.give_up_after_retries()
        storage.grant_table(
            self._function, schema.EVENTS, "dynamodb:BatchGetItem", "dynamodb:PutItem"
        )
        storage.grant_index(self._function, schema.EVENTS, "timeline")
        storage.grant_table(self._function, schema.PEOPLE, "dynamodb:BatchGetItem")
        storage.grant_table(self._function, schema.PROFILES, "dynamodb:BatchGetItem")
        self._role = self._schedules_role()
        self._prefix = f"{Stack.of(self).stack_name}-cart-"[-LONGEST_PREFIX:]

    def settings(self) -> dict[str, str]:
        """The variables of whoever sets schedules."""
        return {
            "cart_checks_function": self._function.function_arn,
            "cart_checks_role": self._role.role_arn,
            "cart_checks_dead_letters": self._function.dead_letters.queue_arn,
            "cart_checks_prefix": self._prefix,
        }

    def grant_schedules(self, function: Function) -> None:
        """Allow to set schedules of this deployment, which may do nothing but invoke the one function."""
        # The default group: schedules delete themselves, so there is nothing left to delete with a group of our own.
        name = f"schedule/default/{self._prefix}*"
        function.allow(
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

    def _schedules_role(self) -> iam.Role:
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
