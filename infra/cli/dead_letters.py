"""What functions gave up after all retries: list it, and give it to them again."""

import argparse
from collections.abc import Iterable

import msgspec

from infra.cli import given_up, letters, options, stack
from infra.cli.console import show, step, table
from infra.cli.letters import Letter
from infra.cli.redriving import redriven
from infra.cli.rejects import SHOWN_DIGITS
from infra.local.faults import FaultError

SHOWN_NAMES = 3  # of the events in a batch; --json names all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="which function gave up what, when and why")
    again = actions.add_parser("redrive", help="give it to the function again")
    again.add_argument("ids", nargs="*", metavar="ID", help="of a letter, an event or an object")
    again.add_argument("--function", default="", help="all of one, e.g. update_profiles")
    again.add_argument("--all", action="store_true", help="all of all functions")
    for action in (listed, again):
        options.add_stack(action)
        options.add_json(action)


def run(arguments: argparse.Namespace) -> int:
    """List or redrive; 1 when something failed again."""
    deployed = stack.chosen(arguments)
    if arguments.action == "list":
        return _list(deployed, arguments)
    if not (arguments.ids or arguments.function or arguments.all):
        advice = "Give IDs, --function or --all; `regulars dead-letters list` shows them."
        raise FaultError("Which ones?", advice)
    return _redrive(deployed, arguments)


def _list(deployed: stack.Stack, arguments: argparse.Namespace) -> int:
    with step("Looking into the queues"):
        found = letters.held(deployed)
        letters.let_go(found)
        found = [_named(letter) for letter in found]
    facts = [
        {name: getattr(letter, name) for name in ("id", "function", "at", "why", "about")}
        for letter in found
    ]
    show(facts, _lines(found), as_json=arguments.json)
    return 0


def _lines(found: list[Letter]) -> list[str]:
    if not found:
        return ["There are no dead letters."]
    heading = ("id", "function", "given up", "what", "why")
    rows = [
        (one.id[:SHOWN_DIGITS], one.function, one.at, _shortened(one.about), one.why)
        for one in found
    ]
    return [*table([heading, *rows]), "Give one again: regulars dead-letters redrive ID"]


def _shortened(about: tuple[str, ...]) -> str:
    more = len(about) - SHOWN_NAMES
    return ", ".join(about[:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")


def _redrive(deployed: stack.Stack, arguments: argparse.Namespace) -> int:
    became: dict[str, str] = {}
    found = letters.held(deployed)
    try:
        with step("Giving them again") as current:
            for letter in _chosen(found, arguments):
                became[letter.id] = redriven(deployed, letter)
                current.note(f"{len(became)}")
    finally:
        letters.let_go(letter for letter in found if became.get(letter.id) != "")
    rows = [(id_[:SHOWN_DIGITS], failure or "done") for id_, failure in became.items()]
    show(became, table(rows) if rows else ["None is like this."], as_json=arguments.json)
    return 1 if any(became.values()) else 0


def _chosen(found: Iterable[Letter], arguments: argparse.Namespace) -> list[Letter]:
    chosen = [one for one in found if arguments.function in {"", one.function}]
    if not arguments.ids:
        return chosen
    return [one for one in map(_named, chosen) if _is_one_of(one, arguments.ids)]


def _is_one_of(letter: Letter, ids: list[str]) -> bool:
    return any(letter.id.startswith(id_) or id_ in letter.about for id_ in ids)


def _named(letter: Letter) -> Letter:
    """The letter with the ids of its events, while the stream tells them."""
    if letter.batch is None:
        return letter
    ids = given_up.event_ids(given_up.records(letter.batch))
    about = ids or (f"{letter.batch.batch_size} events that the stream holds no more",)
    return msgspec.structs.replace(letter, about=tuple(about))
