"""The deployment a command works on: the stack on this machine, or one in an AWS account, told apart here only."""

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.local import access, emulator
from infra.local.faults import FaultError
from infra.local.places import DEPLOYED, ROOT
from regulars.settings import Settings

FUNCTION = "AWS::Lambda::Function"
QUEUE = "AWS::SQS::Queue"
API = "AWS::ApiGatewayV2::Api"


@dataclass(frozen=True)
class Stack:
    """Where everything is; `functions` maps a folder's name to the deployed function's, `queues` to its dead letters."""

    name: str
    api_url: str
    functions: Mapping[str, str]
    queues: Mapping[str, str]
    local: bool
    _variables: dict[str, dict[str, str]] = field(default_factory=dict, compare=False)

    def settings[T: Settings](self, cls: type[T]) -> T:
        """The very settings with which the function of this class runs."""
        name = _snake(cls.__name__.removesuffix("Settings"))
        if name not in self._variables:
            asked = self.function(name)
            answer = boto3.client("lambda").get_function_configuration(FunctionName=asked)
            self._variables[name] = answer["Environment"]["Variables"]
        return cls.from_env(self._variables[name])

    def function(self, name: str) -> str:
        """The deployed name of a function."""
        if name not in self.functions:
            known = ", ".join(sorted(self.functions))
            raise FaultError(f"There is no function {name}.", f"There are: {known}.")
        return self.functions[name]


def chosen(arguments: argparse.Namespace) -> Stack:
    """The stack that the command line names, the one on this machine by default."""
    return in_account(arguments.stack) if arguments.stack else on_this_machine()


def on_this_machine() -> Stack:
    """The local stack; FaultError when it does not run."""
    running = emulator.running()
    if not running or not DEPLOYED.exists():
        raise FaultError("The local stack is not running.", "Start it with `make up`.")
    access.use(running.endpoint)
    deployed = json.loads(DEPLOYED.read_text())
    resources = list(_resources(deployed["name"]))
    # The emulator's own address of an API is a name that not every machine resolves.
    (api,) = (physical for type_, _, physical in resources if type_ == API)
    return _stack(
        deployed["name"], resources, f"{running.endpoint}/_aws/execute-api/{api}", local=True
    )


def in_account(name: str) -> Stack:
    """A deployed stack in the account of the owner's credentials."""
    try:
        (described,) = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        advice = "Check the name, the region and the credentials, or deploy with `make deploy`."
        raise FaultError(f"The stack {name} was not found: {error}", advice) from error
    outputs = {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])}
    return _stack(name, list(_resources(name)), outputs["ApiUrl"].rstrip("/"), local=False)


def _stack(name: str, resources: list[tuple[str, str, str]], url: str, *, local: bool) -> Stack:
    functions = {
        _folder(logical): physical for type_, logical, physical in resources if type_ == FUNCTION
    }
    queues = {
        _folder(logical): physical for type_, logical, physical in resources if type_ == QUEUE
    }
    return Stack(name, url, functions, queues, local)


def _resources(name: str) -> Iterator[tuple[str, str, str]]:
    pages: Any = boto3.client("cloudformation").get_paginator("list_stack_resources")
    for page in pages.paginate(StackName=name):
        for one in page["StackResourceSummaries"]:
            yield one["ResourceType"], one["LogicalResourceId"], one["PhysicalResourceId"]


def _folder(logical_id: str) -> str:
    """The folder of a function, whose name in capitals begins or ends a construct path and so is in the logical id."""
    folders = (path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))
    named = [name for name in folders if name.title().replace("_", "") in logical_id]
    return max(named, key=len, default=logical_id)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]
