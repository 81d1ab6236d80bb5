"""Run the sample shop on this machine: import, live events, training, scores, and a report of the outcome."""

import argparse

from infra.cli.demo.sample_run import run_demo
from infra.cli.local_stack import add_port


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --once and --port."""
    parser.add_argument(
        "--once", action="store_true", help="exit after printing; the facts are in build/demo.json"
    )
    add_port(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the whole demo, then serve until Ctrl-C."""
    run_demo(arguments.port, once=arguments.once)
    return 0
