"""The choices of a deployment about its data and its machines, read from the CDK context."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from aws_cdk import RemovalPolicy
from constructs import Node

MAX_ABANDONED_MINUTES = 7 * 24 * 60  # after which a cart may count as abandoned
MAX_ERASURE_WAIT_SECONDS = 600  # the function of an erasure has 15 minutes


class Throttle(NamedTuple):
    """The limit of a route: requests a second, and how many may come at once after a quiet time."""

    rate: float
    burst: int


@dataclass(frozen=True)
class Policy:
    """The choices of one deployment; cdk.json holds the defaults, and `-c name=value` overrides one."""

    retain_data: bool
    architecture: str
    default_country: str
    default_currency: str
    abandoned_after_minutes: int
    erasure_wait_seconds: int
    throttles: Mapping[str, Throttle]

    @classmethod
    def from_context(cls, node: Node) -> Self:
        """Read the context, in which a value of the command line is text."""
        return cls(
            retain_data=str(node.get_context("retain_data")).lower() == "true",
            architecture=str(node.get_context("architecture")),
            default_country=str(node.get_context("default_country")),
            default_currency=str(node.get_context("default_currency")),
            abandoned_after_minutes=_read_number(
                node, "abandoned_after_minutes", 1, MAX_ABANDONED_MINUTES
            ),
            # Containers keep tombstones for 20 seconds, and work for a minute on what they have read.
            erasure_wait_seconds=_read_number(
                node, "erasure_wait_seconds", 0, MAX_ERASURE_WAIT_SECONDS
            ),
            throttles=_parse_throttles(node.get_context("requests_per_second")),
        )

    @property
    def removal(self) -> RemovalPolicy:
        """The removal policy of tables and buckets when the stack is deleted."""
        return RemovalPolicy.RETAIN if self.retain_data else RemovalPolicy.DESTROY


def _read_number(node: Node, name: str, minimum: int, maximum: int) -> int:
    number = int(str(node.get_context(name)))
    if not minimum <= number <= maximum:
        raise ValueError(f"{name} is not within {minimum} and {maximum}.")
    return number


def _parse_throttles(value: Any) -> dict[str, Throttle]:
    """Return the throttle of each route key; `-c requests_per_second=…` on the command line is JSON text."""
    routes = json.loads(value) if isinstance(value, str) else value
    return {route: Throttle(float(rate), int(burst)) for route, (rate, burst) in routes.items()}
