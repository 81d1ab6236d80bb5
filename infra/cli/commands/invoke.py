"""Call one function with an event from a file, as `sam local invoke` does, and print its answer and its log."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from infra.cli import options
from infra.cli.stack import select_stack
from infra.cli.terminal import print_message, print_result, show_step
from infra.local.errors import CommandError
from regulars.admin.function_calls import FunctionInvoker


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add FUNCTION, --event, --stack and --json."""
    parser.add_argument("function", metavar="FUNCTION", help="e.g. build_dataset")
    parser.add_argument(
        "-e", "--event", metavar="FILE", default="", help="JSON; - reads it from standard input"
    )
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Call the function and print its answer; return 1 when the function raised an error."""
    event = _read_event(arguments.event)
    invoker = FunctionInvoker(select_stack(arguments).deployment)
    with show_step(f"{arguments.function} is running"):
        invocation = invoker.invoke(arguments.function, event)
    for line in invocation.log:
        print_message(f"  {line}")
    payload = json.dumps(invocation.payload, indent=2, ensure_ascii=False)
    print_result(msgspec.to_builtins(invocation), [payload], as_json=arguments.json)
    return 1 if invocation.error else 0


def _read_event(name: str) -> Any:
    if not name:
        return {}
    try:
        return json.loads(sys.stdin.read() if name == "-" else Path(name).read_text())
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise CommandError(
            f"{name} is not JSON: {error}.", "An event is one JSON value."
        ) from error
