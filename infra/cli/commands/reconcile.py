"""Fetch from providers now what their webhooks may not have delivered, as is done every hour, and show the outcome."""

import argparse
from collections.abc import Sequence
from typing import Any

import msgspec

from infra.cli import options
from infra.cli.stack import select_stack
from infra.cli.terminal import format_table, print_result, show_step
from regulars.admin.function_calls import FunctionInvoker
from regulars.admin.reconciliation import run_reconciliation
from regulars.channels.registry import FEED_PROVIDERS
from regulars.ingestion.reconciliation.source_run import SourceOutcome

NO_SOURCES = (
    "No such source has credentials for its provider's API: see `regulars connect CHANNEL`."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add CHANNEL and NAME, which may be left out."""
    parser.add_argument(
        "channel", nargs="?", default="", choices=["", *FEED_PROVIDERS], metavar="CHANNEL"
    )
    parser.add_argument("name", nargs="?", default="", metavar="NAME")
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Reconcile and print each source; return 1 when one could not be read."""
    only = "/".join(filter(None, (arguments.channel, arguments.name)))
    invoker = FunctionInvoker(select_stack(arguments).deployment)
    with show_step("Fetching from providers"):
        outcomes = run_reconciliation(invoker, only)
    print_result(msgspec.to_builtins(outcomes), _to_lines(outcomes), as_json=arguments.json)
    return 1 if any(outcome.faults for outcome in outcomes) else 0


def _to_lines(outcomes: Sequence[SourceOutcome]) -> list[str]:
    if not outcomes:
        return [NO_SOURCES]
    heading = ("source", "new", "known", "set aside", "")
    return format_table([heading, *map(_to_row, outcomes)])


def _to_row(outcome: SourceOutcome) -> tuple[Any, ...]:
    faults = "; ".join(f"{feed}: {reason}" for feed, reason in outcome.faults.items())
    state = faults or ("done" if outcome.finished else "continues with the next run")
    return outcome.source, outcome.new, outcome.known, outcome.rejected, state
