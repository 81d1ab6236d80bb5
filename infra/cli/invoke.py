"""Run one handler with an event from a file, as `sam local invoke` does, and print what it answered and logged."""

import argparse
import base64
import json
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from infra.cli import options, stack
from infra.cli.console import say, show, step
from infra.local.faults import FaultError

# A training may take the whole 15 minutes of a function; a retry would run it twice.
PATIENT = Config(read_timeout=900, retries={"max_attempts": 0})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """FUNCTION, --event, --stack and --json."""
    parser.add_argument("function", metavar="FUNCTION", help="e.g. build_dataset")
    parser.add_argument(
        "-e", "--event", metavar="FILE", default="", help="JSON; - reads it from standard input"
    )
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Invoke and print; 1 when the function raised."""
    event = _event(arguments.event)
    deployed = stack.chosen(arguments)
    with step(f"{arguments.function} is running"):
        answer = invoked(deployed, arguments.function, event)
    for line in answer["log"]:
        say(f"  {line}")
    shown = json.dumps(answer["payload"], indent=2, ensure_ascii=False)
    show(answer, [shown], as_json=arguments.json)
    return 1 if answer["error"] else 0


def invoked(deployed: stack.Stack, function: str, event: Any) -> dict[str, Any]:
    """Invoke one function and wait: its payload, its error's kind ('' when it did well) and its last log lines."""
    answer = boto3.client("lambda", config=PATIENT).invoke(
        FunctionName=deployed.function(function),
        Payload=json.dumps(event).encode(),
        LogType="Tail",
    )
    log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
    payload = answer["Payload"].read()
    return {
        "function": function,
        "payload": json.loads(payload) if payload else None,
        "error": answer.get("FunctionError", ""),
        "log": log.splitlines(),
    }


def _event(name: str) -> Any:
    if not name:
        return {}
    try:
        return json.loads(sys.stdin.read() if name == "-" else Path(name).read_text())
    except OSError as error:
        raise FaultError(f"{name} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise FaultError(f"{name} is not JSON: {error}.", "An event is one JSON value.") from error
