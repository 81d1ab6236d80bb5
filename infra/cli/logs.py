"""Print what a function logged last."""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import boto3

from infra.cli import options, stack
from infra.cli.console import show

LINES = 200
LONG = 24 * 60  # minutes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """FUNCTION, --minutes, --stack and --json."""
    parser.add_argument("function", metavar="FUNCTION", help="e.g. update_profiles")
    parser.add_argument("--minutes", type=options.positive, default=60, help="how far back")
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the newest lines, oldest of them first."""
    deployed = stack.chosen(arguments)
    messages = list(logged(deployed, arguments.function, arguments.minutes))[-LINES:]
    show(messages, messages or ["Nothing."], as_json=arguments.json)
    return 0


def logged(deployed: stack.Stack, function: str, minutes: int) -> Iterator[str]:
    """The messages of a function's log group, oldest first."""
    configuration = boto3.client("lambda").get_function_configuration(
        FunctionName=deployed.function(function)
    )
    pages = (
        boto3.client("logs")
        .get_paginator("filter_log_events")
        .paginate(
            logGroupName=configuration["LoggingConfig"]["LogGroup"],
            startTime=int((time.time() - minutes * 60) * 1000),
        )
    )
    return (event["message"].rstrip() for page in pages for event in page["events"])


def keep(deployed: stack.Stack, file: Path) -> None:
    """Write what all functions logged to a file, for when the stack is about to go."""
    with file.open("w") as kept:
        for function in sorted(deployed.functions):
            kept.writelines(f"{function}: {line}\n" for line in logged(deployed, function, LONG))
