"""Finds and deletes the data that outlives a deleted stack."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import boto3

MAX_DELETED_PARAMETERS = 10  # of one call


@dataclass(frozen=True)
class RetainedData:
    """The tables and buckets of a stack, by physical name."""

    tables: tuple[str, ...]
    buckets: tuple[str, ...]

    @classmethod
    def from_stack(cls, name: str) -> Self:
        """Return those of a stack that exists."""
        names: dict[str, list[str]] = {"AWS::DynamoDB::Table": [], "AWS::S3::Bucket": []}
        for resource in _list_resources(name):
            if resource["ResourceType"] in names:
                names[resource["ResourceType"]].append(resource["PhysicalResourceId"])
        return cls(*(tuple(of_type) for of_type in names.values()))

    def clear_buckets(self) -> None:
        """Delete every version of every object, because CloudFormation deletes empty buckets only."""
        for name in self.buckets:
            boto3.resource("s3").Bucket(name).object_versions.delete()

    def delete_parameters(self, prefix: str) -> None:
        """Delete the pepper and the secrets of the sources; without the pepper no subject key can be computed again."""
        client = boto3.client("ssm")
        pages = client.get_paginator("get_parameters_by_path").paginate(Path=prefix, Recursive=True)
        names = [parameter["Name"] for page in pages for parameter in page["Parameters"]]
        for start in range(0, len(names), MAX_DELETED_PARAMETERS):
            client.delete_parameters(Names=names[start : start + MAX_DELETED_PARAMETERS])


def _list_resources(stack: str) -> Iterator[Any]:
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources")
    for page in pages.paginate(StackName=stack):
        yield from page["StackResourceSummaries"]
