"""The tables, buckets and parameters of the deployment, and the settings that name them to functions."""

from dataclasses import fields

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.acknowledged import acknowledge_wildcard
from infra.constructs.buckets import bucket
from infra.constructs.functions import Function
from infra.constructs.policy import Policy
from infra.constructs.tables import table
from regulars.settings import Settings
from regulars.store import schema

BUCKETS = ("uploads", "lake", "artifacts")


class Storage(Construct):
    """Where everything is kept; a grant names its actions and nothing else."""

    def __init__(self, scope: Construct, id_: str, policy: Policy) -> None:
        super().__init__(scope, id_)
        self.tables = {shape.name: table(self, shape, policy) for shape in schema.TABLES}
        self.buckets = {name: bucket(self, name, policy) for name in BUCKETS}
        self.parameters_prefix = f"/{Stack.of(self).stack_name}"
        self._named = {
            "parameters_prefix": self.parameters_prefix,
            "default_country": policy.default_country,
            "default_currency": policy.default_currency,
            "abandoned_after_minutes": str(policy.abandoned_after_minutes),
        }
        self._named |= {f"{name}_table": table.table_name for name, table in self.tables.items()}
        self._named |= {f"{name}_bucket": one.bucket_name for name, one in self.buckets.items()}

    def settings[T: Settings](self, cls: type[T], **others: str) -> T:
        """The settings of one function, naming this deployment's resources; `others` are made elsewhere."""
        named = self._named | others
        return cls(**{field.name: named[field.name] for field in fields(cls)})

    def bucket(self, name: str) -> s3.Bucket:
        """The bucket `uploads`, `lake` or `artifacts`."""
        return self.buckets[name]

    def grant_table(self, function: Function, shape: schema.Table, *actions: str) -> None:
        """Allow actions on the table itself, none of its indexes."""
        function.allow(self.tables[shape.name].table_arn, *actions)

    def grant_index(self, function: Function, shape: schema.Table, index: str) -> None:
        """Allow to query one index."""
        if index not in {one.name for one in shape.indexes}:
            raise KeyError(index)
        arn = f"{self.tables[shape.name].table_arn}/index/{index}"
        function.allow(arn, "dynamodb:Query")

    def grant_objects(self, function: Function, bucket: str, pattern: str, *actions: str) -> None:
        """Allow actions on the objects whose key matches."""
        function.allow(self.buckets[bucket].arn_for_objects(pattern), *actions)
        logical_id = Stack.of(self).resolve(self.buckets[bucket].bucket_arn)["Fn::GetAtt"][0]
        acknowledge_wildcard(
            function.own_role, f"<{logical_id}.Arn>/{pattern}", "The keys begin like this."
        )

    def grant_list(self, function: Function, bucket: str, prefix: str) -> None:
        """Allow to list the objects below a prefix."""
        statement = iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[self.buckets[bucket].bucket_arn],
            conditions={"StringLike": {"s3:prefix": f"{prefix}*"}},
        )
        function.add_to_role_policy(statement)

    def grant_parameter(self, function: Function, name: str) -> None:
        """Allow to read the parameters below the prefix whose name matches."""
        path = f"parameter{self.parameters_prefix}/{name}"
        arn = Stack.of(self).format_arn(service="ssm", resource=path)
        function.allow(arn, "ssm:GetParameter")
        acknowledge_wildcard(
            function.own_role,
            f"arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:{path}",
            "A source's secrets are made after the deployment.",
        )
