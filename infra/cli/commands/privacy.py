"""Answer privacy requests: write out everything that is held about a person, list what was requested, and erase people."""

import argparse
import importlib

# Action → its module, with `add_arguments(parser)` and `run(arguments) -> exit code` as a command has them.
ACTIONS = {
    "export": "infra.cli.privacy.export",
    "requests": "infra.cli.privacy.requests",
    "erase": "infra.cli.privacy.erase",
    "receipts": "infra.cli.privacy.receipts",
    "reapply": "infra.cli.privacy.reapply",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, path in ACTIONS.items():
        module = importlib.import_module(path)
        purpose = str(module.__doc__).splitlines()[0]
        action = actions.add_parser(name, help=purpose, description=purpose)
        module.add_arguments(action)
        action.set_defaults(run_action=module.run)


def run(arguments: argparse.Namespace) -> int:
    """Run one action and return its exit code."""
    return int(arguments.run_action(arguments))
