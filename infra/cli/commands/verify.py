"""Compute every profile from the ledger again, show every difference, and repair it."""

import argparse
from typing import Any

import msgspec

from infra.cli import options
from infra.cli.stack import select_stack
from infra.cli.steps import await_local_stream
from infra.cli.terminal import print_message, print_result, show_step
from regulars.admin.stream_progress import StreamStalledError
from regulars.admin.verification import repair_deployment, verify_deployment
from regulars.domain.texts import format_count
from regulars.profiles.verify import Verification

MAX_SHOWN_DIFFERENCES = 20  # --json shows all
# Without any progress of the stream. The lake's batches take a minute; a repair archives what is missing itself.
VERIFY_WAIT_SECONDS = 75
REPAIR_WAIT_SECONDS = 15
REPAIR_TEXT = "It is repaired without the stream."
STALLED_TEXT = (
    "See `regulars status` for rejects and dead letters, or repair it: regulars verify --repair"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --repair, --stack and --json."""
    parser.add_argument(
        "--repair",
        action="store_true",
        help="store again what differs from the ledger, and what an earlier version stored",
    )
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Verify the profiles, or repair them; return 1 when any differs in the end."""
    stack = select_stack(arguments)
    try:
        await_local_stream(stack, REPAIR_WAIT_SECONDS if arguments.repair else VERIFY_WAIT_SECONDS)
    except StreamStalledError as error:
        # What is missing is compared, too, and repaired.
        print_message(f"{error} {REPAIR_TEXT if arguments.repair else STALLED_TEXT}")
    with show_step("Computing every profile from the ledger") as step:
        if arguments.repair:
            verification = repair_deployment(
                stack.deployment, lambda done, total: step.update(f"{done} of {total} repaired")
            )
        else:
            verification = verify_deployment(stack.deployment)
    result: Any = msgspec.to_builtins(verification)
    print_result(result, _to_lines(verification), as_json=arguments.json)
    return 0 if verification.is_clean else 1


def _to_lines(verification: Verification) -> list[str]:
    compared = (
        f"{format_count(verification.events, 'event in profiles')}, {format_count(verification.people, 'person')} "
        f"with {format_count(verification.identifiers, 'identifier')} (visitors' devices too)"
    )
    differences = verification.differences
    if verification.is_clean:
        return [f"{compared}: every profile is as the ledger says, and the lake holds every event."]
    lines = (
        f"  {difference.part} {difference.name}: {difference.detail}"
        for difference in differences[:MAX_SHOWN_DIFFERENCES]
    )
    missing = format_count(verification.unarchived, "event")
    more = len(differences) - MAX_SHOWN_DIFFERENCES
    return [
        f"{compared}: {format_count(len(differences), 'difference')}, {missing} missing in the lake.",
        *lines,
        *([f"  … and {more} more: regulars verify --json"] if more > 0 else []),
        "If no event was written meanwhile, repair them: regulars verify --repair",
    ]
