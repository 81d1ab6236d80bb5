"""The choices of a deployment about its data and its machines, read from the CDK context."""

from dataclasses import dataclass
from typing import Self

from aws_cdk import RemovalPolicy
from constructs import Node

MAX_ABANDONED_MINUTES = 7 * 24 * 60  # after which a cart may count as abandoned


@dataclass(frozen=True)
class Policy:
    """The choices of one deployment; cdk.json holds the defaults, and `-c name=value` overrides one."""

    retain_data: bool
    architecture: str
    default_country: str
    default_currency: str
    abandoned_after_minutes: int

    @classmethod
    def from_context(cls, node: Node) -> Self:
        """Read the context, in which a value of the command line is text."""
        return cls(
            retain_data=str(node.get_context("retain_data")).lower() == "true",
            architecture=str(node.get_context("architecture")),
            default_country=str(node.get_context("default_country")),
            default_currency=str(node.get_context("default_currency")),
            abandoned_after_minutes=_parse_minutes(node.get_context("abandoned_after_minutes")),
        )

    @property
    def removal(self) -> RemovalPolicy:
        """The removal policy of tables and buckets when the stack is deleted."""
        return RemovalPolicy.RETAIN if self.retain_data else RemovalPolicy.DESTROY


def _parse_minutes(value: object) -> int:
    minutes = int(str(value))
    if not 1 <= minutes <= MAX_ABANDONED_MINUTES:
        raise ValueError(f"abandoned_after_minutes is not within 1 and {MAX_ABANDONED_MINUTES}.")
    return minutes
