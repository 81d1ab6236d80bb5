"""`regulars`: reads the command line, runs one command, and turns expected errors into one sentence and an exit code."""

import argparse
import importlib
import os
import sys
import tomllib
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from infra.cli.advice import explain_aws_error, find_advice
from infra.cli.command_line import CommandParser
from infra.cli.terminal import print_message
from infra.local.errors import CommandError
from infra.local.places import ROOT_FOLDER
from regulars.domain.errors import RegularsError

# Command → its module, which has `add_arguments(parser)` and `run(arguments) -> exit code`. The first line of its
# docstring is the help of the command.
COMMANDS = {
    "demo": "infra.cli.commands.demo",
    "up": "infra.cli.commands.up",
    "down": "infra.cli.commands.down",
    "init": "infra.cli.commands.init",
    "import": "infra.cli.commands.import_file",
    "train": "infra.cli.commands.train",
    "status": "infra.cli.commands.status",
    "verify": "infra.cli.commands.verify",
    "people": "infra.cli.commands.people",
    "privacy": "infra.cli.commands.privacy",
    "keys": "infra.cli.commands.keys",
    "channels": "infra.cli.commands.channels",
    "connect": "infra.cli.commands.connect",
    "sources": "infra.cli.commands.sources",
    "rejects": "infra.cli.commands.rejects",
    "replay": "infra.cli.commands.replay",
    "reconcile": "infra.cli.commands.reconcile",
    "dead-letters": "infra.cli.commands.dead_letters",
    "invoke": "infra.cli.commands.invoke",
    "logs": "infra.cli.commands.logs",
}
HELP_HINT = "Begin with `make demo`. `regulars COMMAND --help` explains a command."
INTERRUPTED_CODE = 130
BROKEN_PIPE_CODE = 141  # as for a process that SIGPIPE ends


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    0 done, 1 an error, 2 a wrong command line, 3 busy, 130 interrupted, 141 the reader of the output has gone (`| head`).
    """
    try:
        try:
            return _run_command(argv)
        finally:
            sys.stdout.flush()  # also the help text of argparse, which ends with SystemExit
    except BrokenPipeError:
        return _discard_output()


def _run_command(argv: Sequence[str] | None) -> int:
    arguments = build_parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except CommandError as error:
        _report_error(error, error.advice)
        return error.code
    except RegularsError as error:
        return _report_error(error, find_advice(error))
    except (ClientError, BotoCoreError) as error:
        return _report_error(error, explain_aws_error(error))
    except (KeyboardInterrupt, EOFError):  # Ctrl-C, or Ctrl-D at a prompt
        return INTERRUPTED_CODE


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = CommandParser(prog="regulars", description="Know your buyers.", epilog=HELP_HINT)
    parser.add_argument("--version", action="version", version=f"regulars {read_version()}")
    parser.set_defaults(run=lambda _: _print_help(parser))
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, path in COMMANDS.items():
        module = importlib.import_module(path)
        purpose = str(module.__doc__).splitlines()[0]
        command = commands.add_parser(name, help=purpose, description=purpose)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def read_version() -> str:
    """Return the version of this checkout."""
    project = tomllib.loads((ROOT_FOLDER / "pyproject.toml").read_text())
    return str(project["project"]["version"])


def _print_help(parser: argparse.ArgumentParser) -> int:
    parser.print_help()
    return 0


def _discard_output() -> int:
    """Write what is left to nowhere: the interpreter flushes it at its end, and would print an error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE_CODE


def _report_error(error: Exception, advice: str) -> int:
    print_message(f"regulars: {error}")
    if advice:
        print_message(f"  {advice}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
