"""List what functions gave up after all retries, and give it to them again."""

import argparse
from collections.abc import Sequence
from typing import Any

from infra.cli import options
from infra.cli.stack import select_stack
from infra.cli.terminal import format_table, print_result, show_step
from infra.local.errors import CommandError
from regulars.admin.dead_letters import DeadLetter, DeadLetterQueues
from regulars.admin.deployment import Deployment
from regulars.admin.function_calls import FunctionInvoker
from regulars.admin.lost_records import LedgerStream, LostRecordStores
from regulars.admin.redrive import DeadLetterSelection, list_dead_letters, redrive_dead_letters

MAX_SHOWN_EVENTS = 3  # of a batch; --json names all
SHOWN_ID_DIGITS = 12  # enough to name a dead letter


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="show which function gave up what, when and why")
    redrive = actions.add_parser("redrive", help="give dead letters to their functions again")
    redrive.add_argument(
        "ids", nargs="*", metavar="ID", help="the id of a dead letter, an event or an object"
    )
    redrive.add_argument(
        "--function", default="", help="all dead letters of one function, e.g. update_profiles"
    )
    redrive.add_argument("--all", action="store_true", help="all dead letters of all functions")
    for action in (listing, redrive):
        options.add_stack(action)
        options.add_json(action)


def run(arguments: argparse.Namespace) -> int:
    """List or redrive; return 1 when a function failed again."""
    deployment = select_stack(arguments).deployment
    if arguments.action == "list":
        return _list(deployment, arguments)
    if not (arguments.ids or arguments.function or arguments.all):
        advice = "Give IDs, --function or --all; `regulars dead-letters list` shows them."
        raise CommandError("No dead letters are selected.", advice)
    return _redrive(deployment, arguments)


def _list(deployment: Deployment, arguments: argparse.Namespace) -> int:
    with show_step("Reading the queues"):
        letters = list_dead_letters(DeadLetterQueues(deployment), LedgerStream())
    print_result(list(map(_to_result, letters)), _to_lines(letters), as_json=arguments.json)
    return 0


def _redrive(deployment: Deployment, arguments: argparse.Namespace) -> int:
    selection = DeadLetterSelection(arguments.function, tuple(arguments.ids))
    with show_step("Giving them to their functions again") as step:
        failures = redrive_dead_letters(
            DeadLetterQueues(deployment),
            LostRecordStores.from_deployment(deployment),
            FunctionInvoker(deployment),
            selection,
            step.update,
        )
    rows = [(id_[:SHOWN_ID_DIGITS], failure or "done") for id_, failure in failures.items()]
    lines = format_table(rows) if rows else ["No dead letter matches."]
    print_result(failures, lines, as_json=arguments.json)
    return 1 if any(failures.values()) else 0


def _to_result(letter: DeadLetter) -> dict[str, Any]:
    return {name: getattr(letter, name) for name in ("id", "function", "at", "why", "about")}


def _to_lines(letters: Sequence[DeadLetter]) -> list[str]:
    if not letters:
        return ["There are no dead letters."]
    heading = ("id", "function", "given up", "what", "why")
    table = format_table([heading, *map(_to_row, letters)])
    return [*table, "Give one to its function again: regulars dead-letters redrive ID"]


def _to_row(letter: DeadLetter) -> tuple[str, ...]:
    more = len(letter.about) - MAX_SHOWN_EVENTS
    about = ", ".join(letter.about[:MAX_SHOWN_EVENTS]) + (f" and {more} more" if more > 0 else "")
    return letter.id[:SHOWN_ID_DIGITS], letter.function, letter.at, about, letter.why
