"""Stop the stack on this machine; what it holds is kept for the next `up`, unless it is to be forgotten."""

import argparse
import shutil

from infra.cli.console import say, step
from infra.local import emulator
from infra.local.places import KEPT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--forget."""
    parser.add_argument(
        "--forget", action="store_true", help="delete all that the stack held, its keys too"
    )


def run(arguments: argparse.Namespace) -> int:
    """Stop the recorded process and nothing else."""
    with step("Stopping the local AWS and saving what it holds"):
        stopped = emulator.stop()
    if not stopped:
        say("It was not running.")
    if arguments.forget:
        shutil.rmtree(KEPT, ignore_errors=True)
    return 0
