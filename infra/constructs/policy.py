"""What a deployment decides about its data and its machines, read once from the CDK context."""

from dataclasses import dataclass
from typing import Self

from aws_cdk import RemovalPolicy
from constructs import Node


@dataclass(frozen=True)
class Policy:
    """The deployment's choices; cdk.json holds the defaults, `-c name=value` overrides one."""

    retain_data: bool
    architecture: str
    default_country: str
    default_currency: str

    @classmethod
    def from_context(cls, node: Node) -> Self:
        """Read the context; a value of the command line is text."""
        return cls(
            retain_data=str(node.get_context("retain_data")).lower() == "true",
            architecture=str(node.get_context("architecture")),
            default_country=str(node.get_context("default_country")),
            default_currency=str(node.get_context("default_currency")),
        )

    @property
    def removal(self) -> RemovalPolicy:
        """What happens to tables and buckets when the stack is deleted."""
        return RemovalPolicy.RETAIN if self.retain_data else RemovalPolicy.DESTROY
