"""Remove people from every store, and sign a receipt."""

import argparse

import msgspec

from infra.cli import options
from infra.cli.commands.people import PERSON_HELP
from infra.cli.stack import select_stack
from infra.cli.steps import await_local_stream
from infra.cli.terminal import print_result, show_step
from infra.cli.texts.privacy import describe_preview, describe_receipt
from regulars.admin.privacy import PrivacyOffice


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the people, --yes, --stack and --json."""
    parser.add_argument("people", nargs="+", metavar="PERSON", help=PERSON_HELP)
    parser.add_argument("--yes", action="store_true", help="do it; else only show what is known")
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show what is known about people, or erase them and print the receipt."""
    stack = select_stack(arguments)
    office = PrivacyOffice.from_deployment(stack.deployment)
    if not arguments.yes:
        previews = [office.preview_erasure(name) for name in arguments.people]
        lines = [line for preview in previews for line in describe_preview(preview)]
        print_result(msgspec.to_builtins(previews), lines, as_json=arguments.json)
        return 0
    await_local_stream(stack)
    wait = stack.deployment.erasure_wait_seconds
    with show_step(f"Erasing, after a wait of {wait} seconds until every door knows it"):
        receipt = office.erase_people(arguments.people)
    print_result(msgspec.to_builtins(receipt), describe_receipt(receipt), as_json=arguments.json)
    return 0
