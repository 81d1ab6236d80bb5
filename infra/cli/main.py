"""`regulars`: reads the command line, runs one command, and turns expected faults into one sentence and an exit code."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from infra.cli.console import say
from infra.local.faults import FaultError

# Command → its module; each has `add_arguments(parser)` and `run(arguments) -> exit code`, and says in its first line
# what it does.
COMMANDS = {
    "demo": "infra.cli.demo",
    "up": "infra.cli.up",
    "down": "infra.cli.down",
    "init": "infra.cli.init",
    "import": "infra.cli.import_file",
    "train": "infra.cli.train",
    "status": "infra.cli.status",
    "verify": "infra.cli.verify",
    "keys": "infra.cli.keys",
    "connect": "infra.cli.connect",
    "sources": "infra.cli.sources",
    "rejects": "infra.cli.rejects",
    "replay": "infra.cli.replay",
    "reconcile": "infra.cli.reconcile",
    "dead-letters": "infra.cli.dead_letters",
    "invoke": "infra.cli.invoke",
    "logs": "infra.cli.logs",
}
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 a fault, 2 a wrong command line, 130 interrupted."""
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except FaultError as fault:
        return _fail(str(fault), fault.advice)
    except (ClientError, BotoCoreError) as error:
        return _fail(str(error), "Is the stack deployed, and are the credentials its account's?")
    except (KeyboardInterrupt, EOFError):  # Ctrl-C, or Ctrl-D at a question
        return INTERRUPTED


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(prog="regulars", description="Know your buyers.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, path in COMMANDS.items():
        module = importlib.import_module(path)
        purpose = str(module.__doc__).splitlines()[0]
        command = commands.add_parser(name, help=purpose, description=purpose)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return top


def _fail(message: str, advice: str) -> int:
    say(f"regulars: {message}")
    if advice:
        say(f"  {advice}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
