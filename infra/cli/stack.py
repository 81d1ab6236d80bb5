"""Selects the deployment on which a command works: the stack on this machine, or one in an AWS account."""

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import boto3
from botocore.exceptions import ClientError

from infra.local import access, emulator
from infra.local.errors import CommandError
from infra.local.places import DEPLOYED_STACK_FILE, ROOT_FOLDER
from regulars.admin.deployment import Deployment
from regulars.store import schema

FUNCTION_TYPE = "AWS::Lambda::Function"
QUEUE_TYPE = "AWS::SQS::Queue"
API_TYPE = "AWS::ApiGatewayV2::Api"
TABLE_TYPE = "AWS::DynamoDB::Table"
# Functions whose variables together name every table, bucket and parameter.
NAMING_FUNCTIONS = (
    *("receive_webhook", "import_history", "serve_profiles", "train_segments"),
    *("update_profiles", "erase_person"),
)


class StackResource(NamedTuple):
    """One resource of a CloudFormation stack."""

    type: str
    logical_id: str
    physical_id: str


@dataclass(frozen=True)
class Stack:
    """A deployment, and whether it is the one on this machine."""

    deployment: Deployment
    is_local: bool


def select_stack(arguments: argparse.Namespace) -> Stack:
    """Return the stack that the command line names, by default the one on this machine."""
    return find_account_stack(arguments.stack) if arguments.stack else find_local_stack()


def find_local_stack() -> Stack:
    """Return the stack on this machine; raise CommandError when it does not run."""
    running = emulator.find_running()
    if not running or not DEPLOYED_STACK_FILE.exists():
        raise CommandError("The local stack is not running.", "Start it with `make up`.")
    access.use_endpoint(running.endpoint)
    name = json.loads(DEPLOYED_STACK_FILE.read_text())["name"]
    resources = list(_list_resources(name))
    # The emulator's own address of an API is a host name that not every machine resolves.
    (api,) = (resource.physical_id for resource in resources if resource.type == API_TYPE)
    url = f"{running.endpoint}/_aws/execute-api/{api}"
    return Stack(_describe_deployment(name, resources, url), is_local=True)


def find_account_stack(name: str) -> Stack:
    """Return a stack in the AWS account of the owner's credentials; raise CommandError when there is none."""
    try:
        (stack,) = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        advice = "Check the name, the region and the credentials, or deploy with `make deploy`."
        raise CommandError(f"The stack {name} was not found: {error}", advice) from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    url = outputs["ApiUrl"].rstrip("/")
    return Stack(_describe_deployment(name, list(_list_resources(name)), url), is_local=False)


def _describe_deployment(name: str, resources: list[StackResource], url: str) -> Deployment:
    functions = _group_by_folder(resources, FUNCTION_TYPE)
    variables = _read_variables(functions[function] for function in NAMING_FUNCTIONS)
    values: dict[str, Any] = {
        "name": name,
        "api_url": url,
        "functions": functions,
        "queues": _group_by_folder(resources, QUEUE_TYPE),
        # Only the migration reads it, so that no function names it.
        "people_table": _find_table(resources, schema.PEOPLE),
    }
    unnamed = [field.name for field in fields(Deployment) if field.name not in values]
    values |= {field: variables[field.upper()] for field in unnamed}
    return Deployment(**values)


def _find_table(resources: list[StackResource], table: schema.Table) -> str:
    """Return the physical name of a table, whose logical id is `Storage`, its name and a hash."""
    prefix = f"Storage{table.name.title()}"
    return next(
        resource.physical_id
        for resource in resources
        if resource.type == TABLE_TYPE and resource.logical_id.startswith(prefix)
    )


def _group_by_folder(resources: list[StackResource], type_: str) -> dict[str, str]:
    """Return the physical ids of the resources of a type, by the folder of the function that they belong to."""
    return {
        _folder_of(resource.logical_id): resource.physical_id
        for resource in resources
        if resource.type == type_
    }


def _read_variables(functions: Iterable[str]) -> dict[str, str]:
    """Return the environment variables of deployed functions, which are the settings that they run with."""
    client = boto3.client("lambda")
    variables: dict[str, str] = {}
    for function in functions:
        configuration = client.get_function_configuration(FunctionName=function)
        variables |= configuration["Environment"]["Variables"]
    return variables


def _list_resources(stack: str) -> Iterator[StackResource]:
    pages: Any = boto3.client("cloudformation").get_paginator("list_stack_resources")
    for page in pages.paginate(StackName=stack):
        for summary in page["StackResourceSummaries"]:
            yield StackResource(
                summary["ResourceType"], summary["LogicalResourceId"], summary["PhysicalResourceId"]
            )


def _folder_of(logical_id: str) -> str:
    """Return the folder of a function, whose name in capitals is a part of the logical id; else the logical id."""
    folders = (path.parent.name for path in (ROOT_FOLDER / "functions").glob("*/handler.py"))
    matches = [folder for folder in folders if folder.title().replace("_", "") in logical_id]
    return max(matches, key=len, default=logical_id)
