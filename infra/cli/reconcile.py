"""Ask providers now for what their webhooks may not have brought, as is done every hour, and say what came of it."""

import argparse
from typing import Any

from infra.cli import options, stack
from infra.cli.console import show, step, table
from infra.cli.invoke import invoked
from infra.local.faults import FaultError
from regulars.channels.registry import FEED_PROVIDERS

FUNCTION = "reconcile_sources"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """CHANNEL and NAME, both may be left out."""
    parser.add_argument(
        "channel", nargs="?", default="", choices=["", *FEED_PROVIDERS], metavar="CHANNEL"
    )
    parser.add_argument("name", nargs="?", default="", metavar="NAME")
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask, and list each source; 1 when something was in the way."""
    only = "/".join(filter(None, (arguments.channel, arguments.name)))
    deployed = stack.chosen(arguments)
    with step("Asking providers"):
        answer = invoked(deployed, FUNCTION, {"only": only})
    if answer["error"]:
        advice = f"See `regulars logs {FUNCTION}`; what was fetched is kept."
        raise FaultError(f"{FUNCTION} failed: {answer['payload']}", advice)
    found = answer["payload"]["sources"]
    show(found, _lines(found), as_json=arguments.json)
    return 1 if any(one["faults"] for one in found) else 0


def _lines(found: list[dict[str, Any]]) -> list[str]:
    if not found:
        return ["No such source has credentials to ask with: see `regulars connect CHANNEL`."]
    heading = ("source", "new", "known", "set aside", "")
    return table([heading, *map(_row, found)])


def _row(one: dict[str, Any]) -> tuple[Any, ...]:
    faults = "; ".join(f"{name}: {reason}" for name, reason in one["faults"].items())
    state = faults or ("done" if one["finished"] else "goes on with the next run")
    return one["source"], one["new"], one["known"], one["rejected"], state
