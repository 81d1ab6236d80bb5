"""The tables, buckets and parameters of a deployment, and the settings that name them to functions."""

from dataclasses import fields

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.acknowledgments import acknowledge_wildcard
from infra.constructs.buckets import create_bucket
from infra.constructs.functions import Function
from infra.constructs.policy import Policy
from infra.constructs.tables import create_table
from regulars.settings import Settings
from regulars.store import schema

BUCKET_NAMES = ("uploads", "lake", "artifacts")


class Storage(Construct):
    """All stores of a deployment; each grant lists its actions."""

    def __init__(self, scope: Construct, id_: str, policy: Policy) -> None:
        super().__init__(scope, id_)
        self.tables = {shape.name: create_table(self, shape, policy) for shape in schema.TABLES}
        self.buckets = {name: create_bucket(self, name, policy) for name in BUCKET_NAMES}
        self.parameters_prefix = f"/{Stack.of(self).stack_name}"
        self._names = {
            "parameters_prefix": self.parameters_prefix,
            "default_country": policy.default_country,
            "default_currency": policy.default_currency,
            "abandoned_after_minutes": str(policy.abandoned_after_minutes),
            "erasure_wait_seconds": str(policy.erasure_wait_seconds),
        }
        self._names |= {f"{name}_table": table.table_name for name, table in self.tables.items()}
        self._names |= {
            f"{name}_bucket": bucket.bucket_name for name, bucket in self.buckets.items()
        }

    def build_settings[T: Settings](self, cls: type[T], **extra: str) -> T:
        """Return the settings of one function; `extra` are those that other constructs define."""
        names = self._names | extra
        return cls(**{field.name: names[field.name] for field in fields(cls)})

    def grant_table(self, function: Function, shape: schema.Table, *actions: str) -> None:
        """Allow actions on a table, but not on its indexes."""
        function.allow_actions(self.tables[shape.name].table_arn, *actions)

    def grant_item(
        self, function: Function, shape: schema.Table, partition_key: str, *actions: str
    ) -> None:
        """Allow actions on the items of a table with one partition key."""
        condition = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [partition_key]}}
        function.allow_actions(self.tables[shape.name].table_arn, *actions, conditions=condition)

    def grant_index(self, function: Function, shape: schema.Table, index: str) -> None:
        """Allow querying one index of a table; raise KeyError when there is none of this name."""
        if index not in {defined.name for defined in shape.indexes}:
            raise KeyError(index)
        arn = f"{self.tables[shape.name].table_arn}/index/{index}"
        function.allow_actions(arn, "dynamodb:Query")

    def grant_tombstones(self, function: Function) -> None:
        """Allow reading which subjects were erased, and nothing else of the table in which they stand."""
        statement = iam.PolicyStatement(
            actions=["dynamodb:Query"],
            resources=[self.tables[schema.PROFILES.name].table_arn],
            conditions={
                "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [schema.TOMBSTONES_KEY]}
            },
        )
        function.add_to_role_policy(statement)

    def grant_objects(self, function: Function, bucket: str, pattern: str, *actions: str) -> None:
        """Allow actions on the objects whose key matches a pattern."""
        function.allow_actions(self.buckets[bucket].arn_for_objects(pattern), *actions)
        logical_id = Stack.of(self).resolve(self.buckets[bucket].bucket_arn)["Fn::GetAtt"][0]
        acknowledge_wildcard(
            function.own_role, f"<{logical_id}.Arn>/{pattern}", "The keys begin like this."
        )

    def grant_list(self, function: Function, bucket: str, prefix: str) -> None:
        """Allow listing the objects below a prefix."""
        statement = iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[self.buckets[bucket].bucket_arn],
            conditions={"StringLike": {"s3:prefix": f"{prefix}*"}},
        )
        function.add_to_role_policy(statement)

    def grant_versions(self, function: Function, bucket: str, *prefixes: str) -> None:
        """Allow listing the versions of the objects below some prefixes."""
        statement = iam.PolicyStatement(
            actions=["s3:ListBucketVersions"],
            resources=[self.buckets[bucket].bucket_arn],
            conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
        )
        function.add_to_role_policy(statement)

    def grant_parameter(self, function: Function, name: str) -> None:
        """Allow reading the parameters of the deployment whose name matches a pattern."""
        path = f"parameter{self.parameters_prefix}/{name}"
        arn = Stack.of(self).format_arn(service="ssm", resource=path)
        function.allow_actions(arn, "ssm:GetParameter")
        acknowledge_wildcard(
            function.own_role,
            f"arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:{path}",
            "A source's secrets are made after the deployment.",
        )
