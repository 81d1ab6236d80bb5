"""Compute every profile from the ledger again, and show every difference."""

import argparse
from typing import Any

import msgspec

from infra.cli import options
from infra.cli.stack import select_stack
from infra.cli.steps import await_local_stream
from infra.cli.terminal import print_result, show_step
from regulars.admin.verification import verify_deployment
from regulars.profiles.verify import Verification

MAX_SHOWN_DIFFERENCES = 20  # --json shows all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --stack and --json."""
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Verify the profiles; return 1 when any differs."""
    stack = select_stack(arguments)
    await_local_stream(stack)
    with show_step("Computing every profile from the ledger"):
        verification = verify_deployment(stack.deployment)
    result: Any = msgspec.to_builtins(verification)
    print_result(result, _to_lines(verification), as_json=arguments.json)
    return 1 if verification.differences else 0


def _to_lines(verification: Verification) -> list[str]:
    compared = f"{verification.persons} persons of {verification.events} events"
    differences = verification.differences
    if not differences:
        return [f"{compared}: every profile is as the ledger says."]
    lines = (
        f"  {difference.kind} {difference.profile_id}: {difference.detail}"
        for difference in differences[:MAX_SHOWN_DIFFERENCES]
    )
    more = len(differences) - MAX_SHOWN_DIFFERENCES
    return [
        f"{compared}: {len(differences)} differences. Was an event written meanwhile?",
        *lines,
        *([f"  … and {more} more: regulars verify --json"] if more > 0 else []),
    ]
