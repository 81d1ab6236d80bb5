"""Print the newest log lines of a function."""

import argparse
from datetime import UTC, datetime, timedelta

from infra.cli import options
from infra.cli.stack import select_stack
from infra.cli.terminal import print_result
from regulars.admin.function_logs import FunctionLogs

MAX_SHOWN_LINES = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add FUNCTION, --minutes, --stack and --json."""
    parser.add_argument("function", metavar="FUNCTION", help="e.g. update_profiles")
    parser.add_argument(
        "--minutes", type=options.parse_positive, default=60, help="how many minutes back"
    )
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the newest lines, the oldest of them first."""
    logs = FunctionLogs(select_stack(arguments).deployment)
    since = datetime.now(UTC) - timedelta(minutes=arguments.minutes)
    messages = list(logs.read(arguments.function, since))[-MAX_SHOWN_LINES:]
    print_result(messages, messages or ["There are no log lines."], as_json=arguments.json)
    return 0
