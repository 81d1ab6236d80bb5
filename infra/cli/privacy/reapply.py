"""Repeat all erasures, after a table or an object was restored."""

import argparse

from infra.cli import options
from infra.cli.stack import select_stack
from infra.cli.terminal import print_result, show_step
from infra.cli.texts.privacy import describe_removed
from regulars.admin.privacy import PrivacyOffice


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --stack and --json."""
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Remove again what all erasures have removed, and print what was found."""
    office = PrivacyOffice.from_deployment(select_stack(arguments).deployment)
    with show_step("Removing what earlier erasures removed"):
        removed = dict(office.eraser.repeat_erasures())
    print_result(removed, describe_removed(removed), as_json=arguments.json)
    return 0
