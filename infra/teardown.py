"""What outlives a deleted stack, and how to delete it for good."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import boto3

DELETE_SIZE = 10  # what DeleteParameters takes


@dataclass(frozen=True)
class Data:
    """The tables and buckets of a stack, by physical name."""

    tables: tuple[str, ...]
    buckets: tuple[str, ...]

    @classmethod
    def of_stack(cls, name: str) -> Self:
        """Look them up while the stack stands."""
        found: dict[str, list[str]] = {"AWS::DynamoDB::Table": [], "AWS::S3::Bucket": []}
        for resource in _resources(name):
            if resource["ResourceType"] in found:
                found[resource["ResourceType"]].append(resource["PhysicalResourceId"])
        return cls(*(tuple(names) for names in found.values()))

    def empty_buckets(self) -> None:
        """Delete every version of every object; CloudFormation deletes empty buckets only."""
        for name in self.buckets:
            boto3.resource("s3").Bucket(name).object_versions.delete()

    def delete_parameters(self, prefix: str) -> None:
        """Delete the pepper and the sources' secrets; without the pepper no subject key can be made again."""
        client = boto3.client("ssm")
        pages = client.get_paginator("get_parameters_by_path").paginate(Path=prefix, Recursive=True)
        names = [one["Name"] for page in pages for one in page["Parameters"]]
        for start in range(0, len(names), DELETE_SIZE):
            client.delete_parameters(Names=names[start : start + DELETE_SIZE])


def _resources(stack: str) -> Iterator[Any]:
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources")
    for page in pages.paginate(StackName=stack):
        yield from page["StackResourceSummaries"]
