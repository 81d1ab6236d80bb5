"""What a deployment decides about its data and its machines, read once from the CDK context."""

from dataclasses import dataclass
from typing import Self

from aws_cdk import RemovalPolicy
from constructs import Node

LONGEST = 7 * 24 * 60  # minutes a cart may be left before it counts as abandoned


@dataclass(frozen=True)
class Policy:
    """The deployment's choices; cdk.json holds the defaults, `-c name=value` overrides one."""

    retain_data: bool
    architecture: str
    default_country: str
    default_currency: str
    abandoned_after_minutes: int

    @classmethod
    def from_context(cls, node: Node) -> Self:
        """Read the context; a value of the command line is text."""
        return cls(
            retain_data=str(node.get_context("retain_data")).lower() == "true",
            architecture=str(node.get_context("architecture")),
            default_country=str(node.get_context("default_country")),
            default_currency=str(node.get_context("default_currency")),
            abandoned_after_minutes=_minutes(node.get_context("abandoned_after_minutes")),
        )

    @property
    def removal(self) -> RemovalPolicy:
        """What happens to tables and buckets when the stack is deleted."""
        return RemovalPolicy.RETAIN if self.retain_data else RemovalPolicy.DESTROY


def _minutes(value: object) -> int:
    minutes = int(str(value))
    if not 1 <= minutes <= LONGEST:
        raise ValueError(f"abandoned_after_minutes is not within 1 and {LONGEST}.")
    return minutes
