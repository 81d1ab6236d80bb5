"""Stop the stack on this machine; its data is kept for the next `up`, unless --forget is given."""

import argparse
import shutil

from infra.cli.terminal import print_message, show_step
from infra.local import emulator
from infra.local.places import KEPT_DATA_FOLDER
from infra.local.start_lock import lock_start


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --forget."""
    parser.add_argument(
        "--forget", action="store_true", help="delete all data of the stack, its keys too"
    )


def run(arguments: argparse.Namespace) -> int:
    """Stop the recorded process and nothing else."""
    with lock_start():
        with show_step("Stopping the local AWS"):
            stopped = emulator.stop_emulator()
        if not stopped:
            print_message("It was not running.")
        if arguments.forget:
            shutil.rmtree(KEPT_DATA_FOLDER, ignore_errors=True)
            print_message("All data of the stack was deleted, its keys too.")
    return 0
